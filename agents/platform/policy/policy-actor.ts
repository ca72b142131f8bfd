/** The policy engine behind an address: `/platform/policy`, and the port that asks it. */
import type { PolicyBundle } from '../../../config/policies/rule.ts';
import { toWitanError } from '../../../contracts/errors.ts';
import type { WitanError } from '../../../contracts/errors.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';
import type { Decision, DecisionRequest } from '../../../contracts/messages/decision.ts';
import { platformSubject } from '../../../contracts/subjects.ts';
import { query, spawnStateless } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem, Parent } from '../../../runtime/kernel/index.ts';
import type { BusPort } from '../../../runtime/kernel/ports/bus.ts';
import type { FrozenPolicy, PolicyAnswer, PolicyPort } from '../../../runtime/kernel/ports/policy.ts';
import type { PolicyEngine } from './policy-engine.ts';

/** Answer of the policy actor. */
export type PolicyReply =
  | { readonly type: 'policy-answer'; readonly answer: PolicyAnswer }
  | { readonly type: 'policy-in-force'; readonly policy: FrozenPolicy }
  | { readonly type: 'policy-said'; readonly answer: PolicyAnswer; readonly policy: FrozenPolicy }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Everything in the mailbox of `/platform/policy`. */
export type PolicyMessage =
  | {
      readonly type: 'evaluate';
      readonly decision: Decision;
      readonly frozen?: FrozenPolicy | undefined;
      readonly replyTo: ActorRef<PolicyReply>;
    }
  /** Asks the rule set in force about something that is no decision yet. */
  | {
      readonly type: 'ask';
      readonly request: DecisionRequest;
      /** Constitution that the caller means; absent: the one in force. */
      readonly constitutionHash?: string | undefined;
      readonly replyTo: ActorRef<PolicyReply>;
    }
  /** Puts a rule set in force for new sessions. */
  | {
      readonly type: 'publish';
      readonly bundle: PolicyBundle;
      readonly tenant: string;
      readonly replyTo: ActorRef<PolicyReply>;
    };

/** Starts `<parent>/policy`. An error of the engine is answered, never taken for an effect. */
export function spawnPolicy(parent: Parent, engine: PolicyEngine, bus?: BusPort): ActorRef<PolicyMessage> {
  const answer = (message: PolicyMessage): PolicyReply => {
    if (message.type === 'evaluate') {
      return { type: 'policy-answer', answer: engine.evaluate(message.decision.request, message.frozen) };
    }
    if (message.type === 'ask') {
      const { request, constitutionHash } = message;
      const policy = engine.current();
      const meant = { ...policy, ...(constitutionHash !== undefined && { constitutionHash }) };
      return { type: 'policy-said', answer: engine.evaluate(request, meant), policy };
    }
    const policy = engine.publish(message.bundle);
    bus?.publish(platformSubject(message.tenant, 'policy', 'published'), utf8(JSON.stringify(policy)));
    return { type: 'policy-in-force', policy };
  };
  const behavior = (message: PolicyMessage): void => {
    let reply: PolicyReply;
    try {
      reply = answer(message);
    } catch (error) {
      reply = { type: 'failed', error: toWitanError(error) };
    }
    message.replyTo.tell(reply);
  };
  return spawnStateless<PolicyMessage>(parent, behavior, 'policy', {
    behaviorName: 'policy',
    onCrash: () => 'reset',
  });
}

/**
 * The policy step, asked through the actor; found anew each time, so that a restarted one is found.
 * @param via system of the actor, so that a question while it is away fails as `stopped`
 */
export function askPolicy(
  find: () => ActorRef<PolicyMessage>,
  engine: Pick<PolicyEngine, 'current'>,
  via?: ActorSystem,
): PolicyPort {
  const through = via && { via };
  return {
    current: () => engine.current(),
    async evaluate(decision, budget, frozen) {
      const reply = await query(
        find(),
        (replyTo: ActorRef<PolicyReply>) => ({ type: 'evaluate' as const, decision, frozen, replyTo }),
        { timeoutMs: Number.POSITIVE_INFINITY, signal: budget.signal, envelope: { budget }, ...through },
      );
      if (reply.type === 'policy-answer') return reply.answer;
      throw reply.type === 'failed' ? reply.error : new TypeError('not an answer to evaluate');
    },
  };
}
