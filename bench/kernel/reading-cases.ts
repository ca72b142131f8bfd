/** Cases that read something else than a rate: bytes, cost by family size, lateness, lost answers. */
import { percentile } from '../report/figure.ts';
import { add, passed } from './reactions.ts';
import type { CaseName, Stage, Subject } from './subject.ts';

/** Figures of one round by metric. */
export type Readings = Readonly<Record<string, number>>;

/** One round of a case. */
export type ReadingCase = <Ref>(
  stage: Stage<Ref>,
  about: { subject: Subject; quick: boolean },
) => Promise<Readings>;

/** Sizes of family of `children`. */
export const CHILD_COUNTS = [1, 10, 100, 1_000, 10_000] as const;
const TIMER_MS = 10;
const ANSWER_LIMIT_MS = 10_000;
const QUICK_ANSWER_LIMIT_MS = 2_000;

const idleBytes: ReadingCase = async (stage, { subject, quick }) => {
  const count = Math.ceil((subject.crowdCount ?? 100_000) / (quick ? 5 : 1));
  const refs = new Array<never>(count).fill(undefined as never);
  const before = await usedBytes();
  const crowd = await stage.crowd(refs, add);
  const idle = await usedBytes();
  for (let at = 0; at < count; at += 1_000) {
    const group = Math.min(1_000, count - at);
    const done = passed(group);
    for (let value = 0; value < group; value += 1) stage.tell(refs[at + value]!, { type: 'add', value });
    await done;
  }
  const used = await usedBytes();
  await crowd.stop();
  return { 'never told': (idle - before) / count, 'told once': (used - before) / count };
};

/** Heap after collection; twice, because weak references need a second look. */
async function usedBytes(): Promise<number> {
  for (let pass = 0; pass < 2; pass += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

// Kept between rounds: families of 10,000 take some libraries long to raise.
const families = new Map<number, unknown>();

const children: ReadingCase = async <Ref>(
  stage: Stage<Ref>,
  { subject, quick }: { subject: Subject; quick: boolean },
) => {
  const readings: Record<string, number> = {};
  const limitMs = quick ? 30 : 150;
  for (const size of CHILD_COUNTS) {
    if (size > (subject.familyMaxCount ?? Infinity)) continue;
    if (!families.has(size)) {
      const raised = await stage.family(size, add);
      families.set(size, raised);
      // The first family also warms the code of all.
      const warmUpMs = families.size === 1 ? Math.max(limitMs, 250) : limitMs;
      await nanosecondsPerMessage(stage, raised, { size, limitMs: warmUpMs });
    }
    readings[`${size}`] = await nanosecondsPerMessage(stage, families.get(size) as Ref, { size, limitMs });
  }
  return readings;
};

async function nanosecondsPerMessage<Ref>(
  stage: Stage<Ref>,
  parent: Ref,
  { size, limitMs }: { size: number; limitMs: number },
): Promise<number> {
  const group = size >= 1_000 ? 100 : 1_000;
  let count = 0;
  const startMs = performance.now();
  while (performance.now() - startMs < limitMs) {
    const done = passed(group);
    for (let value = 0; value < group; value += 1) stage.tell(parent, { type: 'add', value });
    await done;
    count += group;
  }
  return ((performance.now() - startMs) / count) * 1e6;
}

const timerLateness: ReadingCase = async (stage, { quick }) => {
  let isOver = false;
  const left = await stage.spawn((state) => returned(state, () => right));
  const right = await stage.spawn((state) => returned(state, () => left));
  function returned(state: number, to: () => typeof left): number {
    if (!isOver) stage.tell(to(), { type: 'ball', value: state });
    return (state + 1) | 0;
  }
  stage.tell(left, { type: 'ball', value: 0 });
  const lateMs: number[] = [];
  for (let sample = 0; sample < (quick ? 50 : 200); sample += 1) {
    const dueMs = performance.now() + TIMER_MS;
    await new Promise<void>((fired) => stage.after(TIMER_MS, fired));
    lateMs.push(Math.max(0, performance.now() - dueMs));
  }
  isOver = true;
  return { p50: percentile(lateMs, 0.5), p99: percentile(lateMs, 0.99) };
};

const asksInFlight: ReadingCase = async (stage, { subject, quick }) => {
  const count = Math.min(subject.asksInFlight ?? 1_000_000, quick ? 300_000 : Infinity);
  const holder = await stage.holder(count + 1);
  let [right, wrong, failed] = [0, 0, 0];
  for (let value = 0; value < count; value += 1) {
    stage.ask(holder.ref, value).then(
      (answer) => (answer === value * 3 ? (right += 1) : (wrong += 1)),
      () => (failed += 1),
    );
  }
  const limitMs = quick ? QUICK_ANSWER_LIMIT_MS : ANSWER_LIMIT_MS;
  await until(() => holder.heldCount() >= count, limitMs);
  holder.release();
  const startMs = performance.now();
  await until(() => right + wrong + failed >= count, limitMs);
  const elapsedMs = performance.now() - startMs;
  return {
    asked: count,
    wrong: wrong + failed,
    hung: count - right - wrong - failed,
    'answered in': elapsedMs,
  };
};

async function until(isDone: () => boolean, limitMs: number): Promise<void> {
  const startMs = performance.now();
  while (!isDone() && performance.now() - startMs < limitMs) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Reading cases by name. */
export const READING_CASES: Partial<Record<CaseName, ReadingCase>> = {
  'idle-bytes': idleBytes,
  children,
  'timer-lateness': timerLateness,
  'asks-in-flight': asksInFlight,
};
