/** Reading and steering the actor tree from outside: what operators see and do. */
import type { ActorInfo } from '../inspection-info.ts';
import { capacityOf } from '../cell/admission.ts';
import type { Cell } from '../cell/cell.ts';
import { checkFence } from '../cell/fence.ts';
import {
  BLOCKED,
  BUSY,
  CRASHED,
  FENCE_LOST,
  PAUSED,
  RESETTING,
  SCHEDULED,
  STARTING,
  STOPPED,
  STOPPING,
} from '../cell/flags.ts';
import { watchHandling } from '../cell/measure.ts';
import type { Histogram } from './histogram.ts';

/** Cell at a path, or undefined. O(depth). */
export function cellAt(root: Cell, path: string): Cell | undefined {
  if (path === '/' || path === '') return (root.flags & STOPPED) === 0 ? root : undefined;
  let cell = root;
  // Health checks find every seat for each answer: names are cut out one by one, no list of them is made.
  for (let start = path.startsWith('/') ? 1 : 0, end = 0; end >= 0; start = end + 1) {
    end = path.indexOf('/', start);
    const child = cell.children?.get(end < 0 ? path.slice(start) : path.slice(start, end));
    if (child === undefined) return undefined;
    cell = child.cell;
  }
  return (cell.flags & STOPPED) === 0 ? cell : undefined;
}

/** What an operator may do with one actor. */
export type Operation = 'pause' | 'resume' | 'restart' | 'watch' | 'unwatch' | 'recheck-fence';

/** Carries out an operator's command on a live cell. */
export function operate(cell: Cell, operation: Operation): void {
  const { core } = cell;
  switch (operation) {
    case 'pause':
      if ((cell.flags & PAUSED) !== 0) return;
      cell.flags |= PAUSED;
      if (core.events.active) core.events.emit({ kind: 'paused', path: cell.path() });
      return;
    case 'resume':
      if ((cell.flags & PAUSED) === 0) return;
      cell.flags &= ~PAUSED;
      if (core.events.active) core.events.emit({ kind: 'resumed', path: cell.path() });
      core.wake(cell);
      return;
    case 'restart':
      core.resetCell(cell, new Error('restarted by an operator'));
      return;
    case 'watch':
    case 'unwatch':
      watchHandling(cell, operation === 'watch');
      return;
    case 'recheck-fence':
      checkFence(cell);
      core.wake(cell);
  }
}

/** Reports on every cell at and below a path, parents first. */
export function* reportTree(root: Cell, pathPrefix: string): Generator<ActorInfo> {
  const top = cellAt(root, pathPrefix.length > 1 ? pathPrefix.replace(/\/$/, '') : pathPrefix);
  if (top === undefined) return;
  // Iterative, because a tree may be deeper than the stack; reversed, so that the eldest child comes first.
  const waiting: [cell: Cell, path: string][] = [[top, top.path()]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [cell, path] = next;
    yield report(cell, path);
    if (cell.children === undefined) continue;
    const prefix = path === '/' ? '' : path;
    const children = [...cell.children.values()].reverse();
    for (const child of children) waiting.push([child.cell, `${prefix}/${child.cell.name}`]);
  }
}

/** Messages that wait in the fullest mailbox at and below a cell. Makes no report: it is asked for often. */
export function deepestMailbox(top: Cell): number {
  let deepest = 0;
  const waiting: Cell[] = [top];
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
    deepest = Math.max(deepest, cell.depth());
    if (cell.children === undefined) continue;
    for (const child of cell.children.values()) waiting.push(child.cell);
  }
  return deepest;
}

function report(cell: Cell, path: string): ActorInfo {
  const { core, options, extras } = cell;
  const info: ActorInfo = {
    path,
    name: cell.ref.name,
    node: core.node,
    behavior: options?.behaviorName ?? (cell.behavior.name || 'anonymous'),
    lifecycle: lifecycleOf(cell.flags),
    mailboxDepth: cell.depth(),
    mailboxMaxDepth: maxDepth(cell),
    mailboxCapacity: capacityOf(cell),
    processedCount: cell.processed,
    restartCount: extras?.restartCount ?? 0,
    uptimeMs: Math.max(0, core.clock.monotonicMs() - core.startedMs - cell.startedMs),
    childCount: cell.children?.size ?? 0,
    watcherCount: extras?.watchers?.size ?? 0,
  };
  return { ...info, ...stateNameOf(cell), ...lastErrorOf(cell), ...timesOf(cell) };
}

function maxDepth(cell: Cell): number {
  const lanes = cell.extras?.lanes;
  // Peaks of lanes need not coincide: their sum is an upper bound.
  return lanes === undefined ? cell.ring.peak : lanes.reduce((sum, lane) => sum + lane.peak, 0);
}

function lifecycleOf(flags: number): ActorInfo['lifecycle'] {
  if ((flags & STOPPED) !== 0) return 'stopped';
  if ((flags & STOPPING) !== 0) return 'stopping';
  if ((flags & (CRASHED | RESETTING)) !== 0) return 'restarting';
  if ((flags & STARTING) !== 0) return 'starting';
  if ((flags & PAUSED) !== 0) return 'paused';
  if ((flags & (FENCE_LOST | BLOCKED)) !== 0) return 'suspended';
  return (flags & (BUSY | SCHEDULED)) !== 0 ? 'busy' : 'idle';
}

function stateNameOf(cell: Cell): Pick<ActorInfo, 'stateName'> {
  const stateName = cell.options?.stateName;
  if (stateName === undefined) return {};
  try {
    return { stateName: String(stateName(cell.state)) };
  } catch (error) {
    cell.core.callbackFailed(cell, 'stateName', error);
    return {};
  }
}

function lastErrorOf(cell: Cell): Pick<ActorInfo, 'lastError'> {
  const lastError = cell.extras?.lastError;
  return lastError === undefined ? {} : { lastError };
}

function timesOf(cell: Cell): Pick<ActorInfo, 'handling' | 'waiting'> {
  const { handling, waiting } = cell.extras ?? {};
  if (handling === undefined || waiting === undefined) return {};
  return { handling: percentiles(handling), waiting: percentiles(waiting) };
}

function percentiles(histogram: Histogram): { p50Ms: number; p99Ms: number } {
  return { p50Ms: histogram.quantileMs(0.5), p99Ms: histogram.quantileMs(0.99) };
}
