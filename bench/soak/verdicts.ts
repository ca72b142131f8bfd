/** What a soak concludes from its looks: whether memory, handles and tree are as they were. */
import type { Look } from './look.ts';
import { isFlat, trendOf } from './slope.ts';
import type { MemoryReading } from './slope.ts';

/** Whether something is as it was. */
export interface SoakVerdict {
  readonly name: string;
  readonly isKept: boolean;
  readonly value: number;
  readonly unit: string;
  readonly detail: string;
}

/** A reading, and how many entries the log had. */
export interface LogReading extends MemoryReading {
  readonly entryCount: number;
}

/** Share of the run that compiles code; no reading of it counts. */
const WARM_UP_SHARE = 0.3;
/** Two entries a decision: each seat remembers 1,024 ballots, and grows until it does. */
const WARM_UP_ENTRY_COUNT = 4_000;

/** Flat: the record keeps its numbers outside the heap, so nothing of it may grow with the decisions. */
export function memoryVerdict(readings: readonly LogReading[]): SoakVerdict {
  const warmAt = readings.findIndex(({ entryCount }) => entryCount >= WARM_UP_ENTRY_COUNT);
  const firstAt = Math.max(warmAt, Math.floor(readings.length * WARM_UP_SHARE));
  const counted = readings.slice(firstAt);
  if (warmAt < 0 || counted.length < 3) return tooShort(readings.at(-1)?.entryCount ?? 0);
  const stretchMs = (counted.at(-1)?.atMs ?? 0) - (counted[0]?.atMs ?? 0);
  const trend = trendOf(counted);
  const isKept = isFlat(trend, stretchMs);
  const slope = Math.round(trend.bytesPerMinute / 1_024);
  const error = Math.round(trend.errorBytesPerMinute / 1_024);
  const detail =
    `${isKept ? 'flat' : 'not flat'}: ${slope} ± ${error} KiB a minute after warm-up, ` +
    `${(trend.growthShare * 100).toFixed(1)} % over the run`;
  return { name: 'memory', isKept, value: trend.bytesPerMinute, unit: 'B/min', detail };
}

function tooShort(entryCount: number): SoakVerdict {
  const decisions = Math.floor(entryCount / 2);
  const detail = `undecided: ${decisions} decisions are too few, the node's memories were still filling`;
  return { name: 'memory', isKept: false, value: 0, unit: 'B/min', detail };
}

/** Handles and tree at the end against those at the start. */
export function sameVerdicts(before: Look, after: Look): readonly SoakVerdict[] {
  const handles = difference(before.handles, after.handles);
  const tree = difference(before.tree, after.tree);
  return [
    {
      name: 'handles',
      isKept: handles === '',
      value: after.handles.length,
      unit: '',
      detail: handles || `${after.handles.length} as at the start`,
    },
    {
      name: 'tree',
      isKept: tree === '',
      value: after.tree.length,
      unit: 'actors',
      detail: tree || `${after.tree.length} actors as at the start`,
    },
  ];
}

/** What one list has and the other has not; empty when they are equal. */
function difference(before: readonly string[], after: readonly string[]): string {
  const left = [...before];
  const added = after.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const parts = [...added.map((name) => `+ ${name}`), ...left.map((name) => `- ${name}`)];
  return parts.slice(0, 20).join(', ');
}
