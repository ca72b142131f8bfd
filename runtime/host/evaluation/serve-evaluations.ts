/** The work of the thread: answers each request with the evidence of every evaluator of the roster. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { screenRequest } from '../../../agents/platform/gate/screen.ts';
import { toWitanError } from '../../../contracts/errors.ts';
import { createBudget } from '../../kernel/budget.ts';
import { SystemClock } from '../../kernel/index.ts';
import { warmUp } from '../tree/warm-up.ts';
import { threadName } from './hang-watch.ts';
import { OftenSent } from './often-said.ts';
import { FINISHED, processMs, STARTED } from './thread-messages.ts';
import type {
  EvaluateRequest,
  EvaluationFault,
  EvaluationWorkerData,
  FromEvaluationThread,
  ScreenPatterns,
  SentEvidence,
} from './thread-messages.ts';
import { plansOnThread, refsOnThread } from './thread-seats.ts';

/**
 * Serves the seats that the thread was started for until it is ended; call it once, from the thread's entry.
 *
 * One request after the other: what is worked on must be known when the thread ends in the middle of it.
 */
export function serveEvaluations(seats: readonly SeatPlan[]): void {
  const port = parentPort!;
  // Text of the thread that nobody reads would keep the whole process alive.
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.write = () => true;
  const { seats: names, marks, screen } = workerData as EvaluationWorkerData;
  const plans = plansOnThread(names, seats);
  const server = new EvaluationServer(plans, screen, new Int32Array(marks));
  // In each life: a cold thread that takes its time must not be taken for one that hangs.
  let turn = warmUp(plans, server.clock);
  turn = turn.then(() =>
    port.postMessage({
      type: 'ready',
      evaluators: refsOnThread(plans),
      thread: threadName(),
    } satisfies FromEvaluationThread),
  );
  port.on('message', (message: EvaluateRequest) => {
    turn = turn
      .then(() => server.answer(message))
      .then((answer) => {
        port.postMessage(answer);
        server.finished(message);
      });
  });
}

class EvaluationServer {
  readonly clock = new SystemClock();
  readonly #often = new OftenSent();
  readonly #plans: readonly SeatPlan[];
  readonly #screen: ScreenPatterns;
  readonly #marks: Int32Array;

  constructor(plans: readonly SeatPlan[], screen: ScreenPatterns, marks: Int32Array) {
    this.#plans = plans;
    this.#screen = screen;
    this.#marks = marks;
  }

  async answer(message: EvaluateRequest): Promise<FromEvaluationThread> {
    const { request, decision, untilMs } = message;
    const remainingMs = untilMs - processMs();
    if (remainingMs <= 0) return { type: 'expired', request };
    Atomics.store(this.#marks, STARTED, request);
    const budget = createBudget(this.clock, remainingMs);
    const applicable: (boolean | EvaluationFault)[] = [];
    const evidence: SentEvidence[] = [];
    const elapsedMs: number[] = [];
    for (const plan of this.#plans) {
      const startMs = processMs();
      for (const evaluator of plan.evaluators) {
        const said = await answerOf(() => evaluator.evaluate(message, budget));
        evidence.push('fault' in said ? said : this.#often.short(said));
      }
      applicable.push(await answerOf(() => plan.isApplicable(decision)));
      elapsedMs.push(processMs() - startMs);
    }
    budget.release();
    // After Security's evaluators, which have made the same readings of the texts.
    const patterns = this.#screen;
    const screen =
      patterns === 'off' ? null : await answerOf(() => screenRequest(decision.request, patterns));
    return { type: 'answer', request, applicable, evidence, screen, elapsedMs };
  }

  finished({ request }: EvaluateRequest): void {
    Atomics.store(this.#marks, FINISHED, request);
  }
}

async function answerOf<T>(question: () => T | Promise<T>): Promise<T | EvaluationFault> {
  try {
    return await question();
  } catch (error) {
    const { code, message } = toWitanError(error);
    return { fault: code, message };
  }
}
