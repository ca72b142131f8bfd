/** The actor behind a check: runs its evaluators beside each other and answers with risk and codes. */
import type { CheckReply, CheckRequest } from '../../../contracts/messages/checks.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import { platformSubject } from '../../../contracts/subjects.ts';
import { createBudget } from '../../../runtime/kernel/budget.ts';
import { spawnStateless } from '../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../runtime/kernel/index.ts';
import type { BusPort } from '../../../runtime/kernel/ports/bus.ts';
import { runCheck } from './run-check.ts';
import type { CheckPlan } from './run-check.ts';

/** Everything in the mailbox of a check. */
export type CheckMessage =
  | (CheckRequest & { readonly replyTo: ActorRef<CheckReply> })
  | {
      readonly type: 'checked';
      readonly reply: CheckReply;
      readonly tenant: string;
      readonly replyTo: ActorRef<CheckReply>;
    };

/** What a check may be given besides its evaluators. */
export interface CheckActorOptions {
  /** Publishes `witan.<tenant>.platform.<check>.checked` after each answer. */
  readonly bus?: BusPort | undefined;
  /** Mailbox capacity (default 1,024). */
  readonly mailboxCapacity?: number;
}

/**
 * Starts a check as `<parent>/<check>`. Decisions are checked beside each other, none waits for another's
 * model.
 */
export function spawnCheck(
  parent: Parent,
  plan: CheckPlan,
  { bus, mailboxCapacity = 1_024 }: CheckActorOptions = {},
): ActorRef<CheckMessage> {
  const behavior = (message: CheckMessage, ctx: ActorContext<CheckMessage>): void => {
    if (message.type === 'checked') {
      message.replyTo.tell(message.reply);
      publish(bus, message.tenant, message.reply);
      return;
    }
    const { decision, attested, budgetMs, replyTo } = message;
    const budget = createBudget(ctx.system.clock, Math.min(budgetMs, ctx.budget?.remainingMs() ?? budgetMs));
    ctx.pipeToSelf(
      () => runCheck(plan, { decision, attested, peers: [] }, budget).finally(() => budget.release()),
      (result) => ({ type: 'checked', reply: settled(result), tenant: decision.tenant, replyTo }),
    );
  };
  return spawnStateless<CheckMessage>(parent, behavior, plan.check, {
    behaviorName: `${plan.check}-check`,
    mailbox: { capacity: mailboxCapacity },
    // A check has no state to lose: after a crash the next decision finds it as new.
    onCrash: () => 'reset',
  });
}

/**
 * `runCheck` never rejects; if it did, that is a defect: it is reported, and the silence counts as high
 * risk.
 */
function settled(result: PromiseSettledResult<CheckReply>): CheckReply {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function publish(
  bus: BusPort | undefined,
  tenant: string,
  { decisionId, check, risk, codes }: CheckReply,
): void {
  if (!bus || bus.isHeard?.() === false) return;
  bus.publish(platformSubject(tenant, check, 'checked'), utf8(JSON.stringify({ decisionId, risk, codes })));
}
