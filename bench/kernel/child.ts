/**
 * One subject and one case in a process of their own: what a case leaves in the optimiser harms no other.
 *
 * Speaks with the bench over the process's channel; answers each `round` with its figures.
 */
import { RATE_CASES, STEP_COUNT } from './rate-cases.ts';
import type { Work } from './rate-cases.ts';
import { READING_CASES } from './reading-cases.ts';
import type { Readings } from './reading-cases.ts';
import type { CaseName } from './subject.ts';
import { loadSubject } from './subjects.ts';
import type { SubjectName } from './subjects.ts';

/** What the bench asks for. */
export interface RoundRequest {
  readonly roundMs: number;
}

/** What a round gave. */
export interface RoundReply {
  readonly readings?: Readings;
  readonly error?: string;
}

const [subjectName, caseName, mode] = process.argv.slice(2) as [SubjectName, CaseName, string];
const subject = await loadSubject(subjectName);
const quick = mode === 'quick';
const stage = await subject.open();
let work: Work | undefined;
let roundCount = 0;

process.on('message', (request: RoundRequest) => {
  void round(request.roundMs).then(
    (readings) => process.send!({ readings } satisfies RoundReply),
    (error: unknown) => process.send!({ error: String(error) } satisfies RoundReply),
  );
});
process.send!({} satisfies RoundReply);

async function round(roundMs: number): Promise<Readings> {
  globalThis.gc?.();
  const reading = READING_CASES[caseName];
  if (reading) return reading(stage, { subject, quick });
  if (!work) {
    work = await RATE_CASES[caseName]!(stage);
    roundCount = await warmedCount(work, roundMs);
    globalThis.gc?.();
  }
  const elapsedMs = await work(roundCount);
  return { rate: (roundCount / elapsedMs) * 1_000 };
}

const WARM_UP_MS = 250;

/** Runs the work until it is compiled and its speed is known; gives the count that fills a round. */
async function warmedCount(measured: Work, roundMs: number): Promise<number> {
  const step = STEP_COUNT[caseName] ?? 1;
  let count = step;
  let spentMs = 0;
  for (;;) {
    const elapsedMs = await measured(count);
    spentMs += elapsedMs;
    if (elapsedMs >= roundMs / 3 && spentMs >= Math.max(WARM_UP_MS, roundMs)) {
      return Math.max(step, Math.round((count * roundMs) / elapsedMs / step) * step);
    }
    if (elapsedMs < roundMs / 3) count *= 2;
  }
}
