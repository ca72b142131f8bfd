/** Looks at a node and its process: memory, handles, tree. */
import type { Host } from '../../index.ts';

/** What is there at one moment. */
export interface Look {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly handles: readonly string[];
  /** Paths of all actors. */
  readonly tree: readonly string[];
}

/** Longer than a session waits for late ballots, which changes nothing in the tree. */
const STILL_MS = 6_000;
/** Longest time in which sessions with late ballots, restarts and connections end. */
const QUIET_MS = 30_000;
/** Work under way and timers come and go; sockets, files, threads and watchers must not add up. */
const PASSING = /^(Immediate|TickObject|Timeout|FSReqPromise|FSReqCallback|RandomBytesRequest|SignRequest)$/;

/** Looks after a full collection. */
export async function lookAt(host: Host): Promise<Look> {
  const heapBytes = await collectedHeapBytes();
  const handles = process.getActiveResourcesInfo().filter((name) => !PASSING.test(name));
  return {
    heapBytes,
    rssBytes: process.memoryUsage.rss(),
    handles: handles.sort(),
    tree: pathsOf(host).sort(),
  };
}

/** Bytes of the heap that are in use after a full collection. */
export async function collectedHeapBytes(): Promise<number> {
  for (let pass = 0; pass < 2; pass += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

/** Resolves when the tree has stood still for six seconds and every check of the node's health is good. */
export async function settled(host: Host): Promise<void> {
  let last = '';
  let sinceMs = performance.now();
  const endMs = sinceMs + QUIET_MS;
  while (performance.now() < endMs) {
    const tree = pathsOf(host).join(' ');
    if (tree !== last) sinceMs = performance.now();
    last = tree;
    const isStill = performance.now() - sinceMs >= STILL_MS;
    if (isStill && host.inspect.health().checks.every(({ ok }) => ok)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function pathsOf(host: Host): string[] {
  return host.inspect.tree().map(({ path }) => path);
}
