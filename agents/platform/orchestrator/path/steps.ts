/** Steps of the path as questions to actors. */
import type { CheckName, CheckReply, CheckRequest } from '../../../../contracts/messages/checks.ts';
import type { DeliberateRequest, DeliberationResult } from '../../../../contracts/messages/council.ts';
import { query } from '../../../../runtime/kernel/index.ts';
import type { ActorRef, Budget, QueryOptions } from '../../../../runtime/kernel/index.ts';
import type { CheckStep, CouncilStep } from '../ports.ts';

/** A check that is asked through its actor; found anew each time, so that a restarted one is found. */
export function askCheck(
  check: CheckName,
  find: () => ActorRef<CheckRequest & { readonly replyTo: ActorRef<CheckReply> }>,
): CheckStep {
  return {
    check,
    run: (decision, attested, budget) =>
      query(
        find(),
        (replyTo: ActorRef<CheckReply>) => ({
          type: 'check' as const,
          decision,
          attested,
          budgetMs: budget.remainingMs(),
          replyTo,
        }),
        bounded(budget),
      ),
  };
}

/** The council, asked through its actor. */
export function askCouncil(
  find: () => ActorRef<DeliberateRequest & { readonly replyTo: ActorRef<DeliberationResult> }>,
): CouncilStep {
  return (request, budget) =>
    query(find(), (replyTo: ActorRef<DeliberationResult>) => ({ ...request, replyTo }), bounded(budget));
}

/** The budget's own signal ends the question; a second timer for the same moment is not needed. */
function bounded(budget: Budget): QueryOptions {
  return { timeoutMs: Number.POSITIVE_INFINITY, signal: budget.signal, envelope: { budget } };
}
