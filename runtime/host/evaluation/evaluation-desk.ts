/** Asks the threads: one request an input, however many seats, checks and steps ask. */
import { recordFactsOf } from '../../../agents/kit/detect/record/facts.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { Budget } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { EvaluationInput } from '../../kernel/ports/evaluator.ts';
import { EvaluationJob } from './evaluation-job.ts';
import type { EvaluationThreads } from './evaluation-threads.ts';
import type { EvaluationAnswer, EvaluationFault } from './thread-messages.ts';

/** What a desk needs. */
export interface EvaluationDeskOptions {
  readonly clock: Clock;
  readonly threads: Pick<EvaluationThreads, 'submit'>;
  /** Told once for each answer: time on the thread by seat, ms. */
  readonly onElapsed?: (seat: string, elapsedMs: number) => void;
}

/** Time that a question without a budget gets, ms. */
const UNBUDGETED_MS = 5_000;

/** Jobs by decision, and the parts of their answers. */
export class EvaluationDesk {
  readonly #seats: readonly string[];
  readonly #options: EvaluationDeskOptions;
  readonly #jobs = new WeakMap<Decision, EvaluationJob[]>();
  readonly #facts = new WeakMap<EvaluationInput['attested'], EvaluationInput['attested']>();

  /** @param seats In the order in which the threads name them. */
  constructor(seats: readonly string[], options: EvaluationDeskOptions) {
    this.#seats = seats;
    this.#options = options;
  }

  /** The job of an input: the one that was made before for the same decision, record facts and peers. */
  jobOf({ decision, attested, peers }: EvaluationInput, budget: Budget | undefined): EvaluationJob {
    const facts = this.#factsOf(attested);
    const known = this.#jobs
      .get(decision)
      ?.find(({ input }) => isSamePeers(input.peers, peers) && isSame(input.attested, facts));
    return known ? this.#joined(known, budget) : this.#start({ decision, attested: facts, peers }, budget);
  }

  /** Any job of a decision: what does not depend on facts or peers, each of them answers. */
  anyJobOf(decision: Decision, budget: Budget | undefined): EvaluationJob {
    const known = this.#jobs.get(decision)?.[0];
    return known ? this.#joined(known, budget) : this.#start({ decision, attested: {}, peers: [] }, budget);
  }

  /** One part of a job's answer; no promise where it is there. @throws what the evaluator threw */
  ask<T>(job: EvaluationJob, part: (answer: EvaluationAnswer) => T | EvaluationFault): T | Promise<T> {
    if (job.answer) return given(part(job.answer));
    return job.done.then((answer) => given(part(answer)));
  }

  #joined(job: EvaluationJob, budget: Budget | undefined): EvaluationJob {
    if (!job.answer) job.deadlineMs = Math.max(job.deadlineMs, this.#deadlineMs(budget));
    return job;
  }

  #start(input: EvaluationInput, budget: Budget | undefined): EvaluationJob {
    const { decision } = input;
    const job = new EvaluationJob(input, this.#deadlineMs(budget));
    const jobs = this.#jobs.get(decision);
    if (jobs) jobs.push(job);
    else this.#jobs.set(decision, [job]);
    job.done.then(
      ({ elapsedMs }) => this.#tell(elapsedMs),
      () => job.isPoison || this.#forget(decision, job),
    );
    this.#options.threads.submit(job);
    return job;
  }

  #tell(elapsedMs: readonly number[]): void {
    const { onElapsed } = this.#options;
    if (onElapsed) for (const [at, seat] of this.#seats.entries()) onElapsed(seat, elapsedMs[at]!);
  }

  /** What failed for want of time, room or a thread may be asked again. */
  #forget(decision: Decision, job: EvaluationJob): void {
    const jobs = this.#jobs.get(decision)?.filter((other) => other !== job) ?? [];
    if (jobs.length > 0) this.#jobs.set(decision, jobs);
    else this.#jobs.delete(decision);
  }

  #deadlineMs(budget: Budget | undefined): number {
    return this.#options.clock.monotonicMs() + (budget?.remainingMs() ?? UNBUDGETED_MS);
  }

  #factsOf(attested: EvaluationInput['attested']): EvaluationInput['attested'] {
    let facts = this.#facts.get(attested);
    if (!facts) this.#facts.set(attested, (facts = recordFactsOf(attested)));
    return facts;
  }
}

function given<T>(part: T | EvaluationFault): T {
  if (!isFault(part)) return part;
  throw new WitanError(part.fault, part.message);
}

function isFault(part: unknown): part is EvaluationFault {
  return typeof part === 'object' && part !== null && 'fault' in part;
}

function isSamePeers(left: EvaluationInput['peers'], right: EvaluationInput['peers']): boolean {
  return left === right || (left.length === 0 && right.length === 0);
}

function isSame(left: EvaluationInput['attested'], right: EvaluationInput['attested']): boolean {
  if (left === right) return true;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => name in right && JSON.stringify(left[name]) === JSON.stringify(right[name]));
}
