/** A run: a cluster under load, one fault after another, and what the history says in the end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import { Caller } from './caller.ts';
import { ChaosCluster } from './chaos-cluster.ts';
import { checkHistory } from './check-history.ts';
import type { HistoryReport } from './check-history.ts';
import { cause, victimOf } from './faults.ts';
import type { PlannedFault } from './faults.ts';
import type { Call, CopiedEntry, History } from './history.ts';
import { Load } from './load.ts';
import { readCopy } from './record-copies.ts';
import { decisionOf, RequestSource, shardOfKey } from './requests.ts';
import { costOf } from './service-time.ts';
import type { FaultCost, FaultRecord } from './service-time.ts';

/** What a run is made of. */
export interface ChaosRunOptions {
  readonly folder: string;
  /** `node` arguments up to the command's own. */
  readonly command: readonly string[];
  readonly plan: readonly PlannedFault[];
  readonly seed: number;
  /** New decisions a second. */
  readonly rate: number;
  /** Told of each step, for people. */
  readonly note: (line: string) => void;
  /** Called once when all is up, before the load. */
  readonly onWhole?: ((cluster: ChaosCluster, caller: Caller) => Promise<void>) | undefined;
  /** Ends the run before the next round. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of a run. */
export interface ChaosResult {
  readonly report: HistoryReport;
  readonly costs: readonly FaultCost[];
  readonly calls: readonly Call[];
  /** Answers other than verdicts, by what they were. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Reads of a decided decision that did not show its verdict yet. */
  readonly lateReads: number;
  readonly heads: number;
  /** Why the run was broken off; undefined: it went to its end. */
  readonly brokenOff: string | undefined;
}

const CALM_MS = 700;
const WHOLE_MS = 60_000;
const SETTLE_MS = 30_000;
const LOOK_MS = 200;

/** Runs the plan. Rejects only when the cluster does not start. */
export async function runChaos(options: ChaosRunOptions): Promise<ChaosResult> {
  const { folder, command, seed, rate, note } = options;
  const random = new SeededRandom(seed + 1);
  const caller = new Caller();
  const cluster = await ChaosCluster.start({ folder, command });
  try {
    const requests = new RequestSource(random, `s${seed}`);
    const load = new Load({ nodes: cluster.nodes, caller, requests, random, rate });
    await cluster.whole(WHOLE_MS);
    note('three nodes are up');
    await options.onWhole?.(cluster, caller);
    load.start();
    const faults: FaultRecord[] = [];
    let brokenOff: string | undefined;
    for (const [round, fault] of options.plan.entries()) {
      if (options.signal?.aborted) break;
      try {
        faults.push(await runRound({ cluster, load, note }, round, fault));
      } catch (error) {
        brokenOff = `round ${round + 1}, ${fault.kind}: ${(error as Error).message.slice(0, 400)}`;
        note(brokenOff);
        writeFileSync(join(folder, 'views.json'), JSON.stringify(await cluster.views(), null, 1));
        break;
      }
    }
    load.aim(undefined);
    await load.stop();
    const settledSize = await settled(cluster, note);
    await cluster.stopNodes();
    const history = await historyOf(cluster, caller, settledSize);
    return resultOf({ history, caller, faults, brokenOff, nodes: cluster.nodes.map(({ name }) => name) });
  } finally {
    await cluster.end();
  }
}

interface RoundParts {
  readonly cluster: ChaosCluster;
  readonly load: Load;
  readonly note: (line: string) => void;
}

async function runRound(parts: RoundParts, round: number, fault: PlannedFault): Promise<FaultRecord> {
  const { cluster, load, note } = parts;
  await pause(CALM_MS);
  const victim = await victimOf(cluster, fault);
  const owned = await cluster.owned();
  const shards = (victim && owned.get(victim.name)) ?? new Set<number>();
  const doors = cluster.nodes.filter((node) => node !== victim);
  load.aim({ shards, doors, isImpatient: fault.kind === 'retry' });
  const atMs = performance.now();
  const active = await cause(cluster, fault, victim);
  await pause(fault.durationMs - (performance.now() - atMs));
  await active.heal();
  const healedMs = performance.now();
  await cluster.whole(WHOLE_MS);
  const wholeMs = performance.now();
  load.aim(undefined);
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  note(
    `round ${round + 1} ${fault.kind} ${active.target}: ${seconds(healedMs - atMs)}, ` +
      `whole again ${seconds(wholeMs - healedMs)} later, ${load.openCount} open`,
  );
  const { kind } = fault;
  return { round, kind, target: active.target, victim: victim?.name, atMs, healedMs, wholeMs, shards };
}

/** Waits until no decision is open and all nodes show the same head; its size. */
async function settled(cluster: ChaosCluster, note: (line: string) => void): Promise<number> {
  const endMs = performance.now() + SETTLE_MS;
  let sizes: readonly number[] = [];
  while (performance.now() < endMs) {
    const heads = await Promise.all(cluster.nodes.map((node) => node.headSize()));
    const isQuiet = heads.every((size, at) => size === heads[0] && size === sizes[at]);
    sizes = heads;
    if (isQuiet && heads[0]! > 0 && !(await cluster.hasOpen())) return heads[0]!;
    await pause(LOOK_MS);
  }
  note(`not settled within ${SETTLE_MS / 1_000} s: heads of ${sizes.join(', ')} entries`);
  return Math.max(...sizes);
}

async function historyOf(cluster: ChaosCluster, caller: Caller, settledSize: number): Promise<History> {
  const sizes = new Set([settledSize, ...caller.heads.map(({ size }) => size)]);
  const pinned = cluster.pinned();
  const copies = [];
  for (const [at, { name, dataDir }] of cluster.nodes.entries()) {
    // Equal entries have equal signatures: they are checked on one copy.
    copies.push(await readCopy({ node: name, dataDir, isDeep: at === 0 }, { sizes, pinned }));
  }
  return { calls: caller.calls, heads: caller.heads, copies, settledSize, decisionOf };
}

function resultOf(parts: {
  readonly history: History;
  readonly caller: Caller;
  readonly faults: readonly FaultRecord[];
  readonly brokenOff: string | undefined;
  readonly nodes: readonly string[];
}): ChaosResult {
  const { history, caller, faults, brokenOff, nodes } = parts;
  const { calls, locals, heads } = caller;
  const finals = new Map<string, CopiedEntry>();
  for (const { entries } of history.copies)
    for (const entry of entries)
      if (entry.kind === 'final' && entry.decisionId !== null) finals.set(entry.decisionId, entry);
  const finalOf = (key: string): CopiedEntry | undefined => finals.get(decisionOf(key));
  const seen = { calls, locals, nodes, shardOf: shardOfKey, finalOf };
  const refusals = new Map<string, number>();
  let lateReads = 0;
  for (const { what, answer } of calls) {
    if (what === 'read' && (answer.type === 'open' || (answer.type === 'refused' && answer.status === 404))) {
      lateReads += 1;
    } else if (answer.type === 'refused' || answer.type === 'none') {
      const name =
        answer.type === 'refused' ? `${answer.status} ${answer.code} (${answer.message})` : answer.why;
      refusals.set(name, (refusals.get(name) ?? 0) + 1);
    }
  }
  const costs = faults.map((fault) => costOf(fault, seen));
  const report = checkHistory(history);
  return { report, costs, calls, refusals, lateReads, heads: heads.length, brokenOff };
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, Math.max(0, ms)));
}
