/** Threads of evaluators for tests, and decisions for them. */
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import type { Decision, DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { DecisionId, Digest } from '../../../contracts/messages/ids.ts';
import { EvaluationDesk } from '../../../runtime/host/evaluation/evaluation-desk.ts';
import type { EvaluationDeskOptions } from '../../../runtime/host/evaluation/evaluation-desk.ts';
import { EvaluationThreads } from '../../../runtime/host/evaluation/evaluation-threads.ts';
import type { EvaluationThreadsOptions } from '../../../runtime/host/evaluation/evaluation-threads.ts';
import { plansOnThread, refsOnThread } from '../../../runtime/host/evaluation/thread-seats.ts';
import { createBudget } from '../../../runtime/kernel/budget.ts';
import type { OwnedBudget } from '../../../runtime/kernel/budget.ts';
import { SystemClock } from '../../../runtime/kernel/index.ts';

/** Text on which the entry `hanging-worker` never returns. */
export const HANG_TEXT = 'This text never ends.';

/** The process's clock. */
export const clock = new SystemClock();

/** A budget longer than any test. */
export function longBudget(): OwnedBudget {
  return createBudget(clock, 600_000);
}

let decisionCount = 0;

/** A decision on a request. */
export function decisionOf(request: DecisionRequest): Decision {
  decisionCount += 1;
  return {
    decisionId: `d${decisionCount.toString(16).padStart(32, '0')}` as DecisionId,
    tenant: 'test',
    digest: `sha256:${'0'.repeat(64)}` as Digest,
    request,
  };
}

/** Desk that asks those threads. */
export function deskOf(plans: readonly SeatPlan[], options: Omit<EvaluationDeskOptions, 'clock'>) {
  return new EvaluationDesk(
    plans.map(({ seat }) => seat),
    { clock, ...options },
  );
}

/** Open threads with an entry of this folder, closed when disposed. */
export function openThreads(
  name: string,
  plans: readonly SeatPlan[],
  options: Partial<EvaluationThreadsOptions> = {},
): EvaluationThreads & AsyncDisposable {
  const seats = plans.map(({ seat }) => seat);
  const threads = new EvaluationThreads({
    clock,
    random: { next: () => 0.5, uint32: () => 1 },
    entry: { name, beside: import.meta.url },
    seats,
    screen: 'both',
    evaluators: refsOnThread(plansOnThread(seats, plans)),
    threadCount: 1,
    hangMs: 60_000,
    backoff: { firstMs: 1, maxMs: 20 },
    ...options,
  });
  threads.open();
  return Object.assign(threads, { [Symbol.asyncDispose]: () => threads.close() });
}
