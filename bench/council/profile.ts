/** A processor profile of this process, added up by part of the path. */
import { Session } from 'node:inspector/promises';

/** Share of one part, and of its most expensive functions. */
export interface ProfilePart {
  readonly part: string;
  /** Share of the busy time of the main thread, 0 to 1. */
  readonly share: number;
  /** `function file:line` with its share, greatest first. */
  readonly functions: readonly { readonly name: string; readonly share: number }[];
}

/** First match from the innermost frame outwards names the part. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ['sign', /^sign .*crypto|^signOneShot/],
  ['verify', /^verify .*crypto|^verifyOneShot/],
  ['hash', /^(hash|oneShotDigest) .*crypto/],
  ['canonical JSON', /contracts\/ledger\/canonical-json/],
  ['evaluators', /\/agents\/(kit\/(detect|text)|council)\//],
  [
    'asking of evaluators',
    /\/runtime\/host\/evaluation\/|^postMessage |node:internal\/(worker|per_context\/messageport)/,
  ],
  ['parse and validate', /node_modules\/zod|contracts\/(parse-|messages\/)/],
  ['append', /runtime\/store\/(segment|ledger)\/|node:(internal\/)?fs/],
  ['events, journal, index', /runtime\/(store\/memory|kernel\/(decision-index|sequenced-stream|durable))/],
  ['seat', /\/agents\/kit\//],
  ['council and tally', /\/council\/(deliberation|tally)\//],
  ['policy and checks', /\/agents\/platform\/(policy|safety|bias|privacy)\//],
  ['orchestrator', /\/agents\/platform\/|\/runtime\/host\//],
  ['kernel', /\/runtime\/kernel\//],
  ['load generator', /\/bench\//],
];

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** Result of the work beside its profile. */
export interface Profiled<T> {
  readonly result: T;
  /** Time that the main thread was busy, ms. */
  readonly busyMs: number;
  readonly parts: readonly ProfilePart[];
}

/** Runs `work` under the sampling profiler (one sample each 0.2 ms). */
export async function profiled<T>(work: () => Promise<T>): Promise<Profiled<T>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { result, ...partsOf(profile.nodes, profile.samples ?? [], profile.timeDeltas ?? []) };
}

function partsOf(
  nodes: readonly ProfileNode[],
  samples: readonly number[],
  deltas: readonly number[],
): Omit<Profiled<unknown>, 'result'> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const partOf = new Map<number, string>();
  const times = new Map<string, Map<string, number>>();
  let busy = 0;
  for (const [at, id] of samples.entries()) {
    const { functionName, url, lineNumber } = byId.get(id)!.callFrame;
    // `dispatch` without a file is the profiler that starts and stops.
    if (functionName === '(idle)' || (functionName === 'dispatch' && url === '')) continue;
    let part = partOf.get(id);
    if (part === undefined) partOf.set(id, (part = findPart(id, { byId, parents })));
    const file = url.replace(/^.*\/(dist|main|node_modules)\//, '');
    const name = `${functionName === '' ? 'anonymous' : functionName} ${file}:${lineNumber + 1}`;
    const functions = times.get(part) ?? new Map<string, number>();
    times.set(part, functions.set(name, (functions.get(name) ?? 0) + deltas[at]!));
    busy += deltas[at]!;
  }
  const parts = [...times].map(([part, functions]) => {
    const sorted = [...functions].sort((left, right) => right[1] - left[1]);
    const total = sorted.reduce((sum, [, time]) => sum + time, 0);
    const greatest = sorted.slice(0, 8).map(([name, time]) => ({ name, share: time / busy }));
    return { part, share: total / busy, functions: greatest };
  });
  return { busyMs: busy / 1_000, parts: parts.sort((left, right) => right.share - left.share) };
}

interface ProfileTree {
  readonly byId: ReadonlyMap<number, ProfileNode>;
  readonly parents: ReadonlyMap<number, number>;
}

function findPart(id: number, { byId, parents }: ProfileTree): string {
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const { functionName, url } = byId.get(at)!.callFrame;
    if (functionName === '(garbage collector)') return 'garbage collection';
    if (functionName === '(program)') return 'native, outside JavaScript';
    const frame = `${functionName} ${url}`;
    const found = PARTS.find(([, pattern]) => pattern.test(frame));
    if (found) return found[0];
  }
  return 'rest';
}
