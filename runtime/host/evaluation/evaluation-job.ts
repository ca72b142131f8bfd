/** One input that a thread judges, and everybody who waits for it. */
import { WitanError } from '../../../contracts/errors.ts';
import type { EvaluationInput } from '../../kernel/ports/evaluator.ts';
import type { EvaluationAnswer } from './thread-messages.ts';

/** Settles once; what it gave stays, so that whoever asks later need not wait. */
export class EvaluationJob {
  readonly input: EvaluationInput;
  /** On the monotonic clock: when the last of those who wait gives up. */
  deadlineMs: number;
  readonly done: Promise<EvaluationAnswer>;
  answer: EvaluationAnswer | undefined;
  failure: WitanError | undefined;
  /** True: the input itself ended a thread, and would again. */
  isPoison = false;
  #resolve!: (answer: EvaluationAnswer) => void;
  #reject!: (error: WitanError) => void;

  constructor(input: EvaluationInput, deadlineMs: number) {
    this.input = input;
    this.deadlineMs = deadlineMs;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => undefined);
  }

  complete(answer: EvaluationAnswer): void {
    if (this.failure) return;
    this.answer = answer;
    this.#resolve(answer);
  }

  fail(error: WitanError): void {
    if (this.answer) return;
    this.failure ??= error;
    this.#reject(error);
  }

  /** Fails for good: asked again about the same decision, it is not tried again. */
  poison(error: WitanError): void {
    this.isPoison = true;
    this.fail(error);
  }

  /** Fails as work does whose time was over before it began. */
  expire(): void {
    this.fail(new WitanError('deadline_exceeded', 'the time was over before the evaluators began'));
  }
}
