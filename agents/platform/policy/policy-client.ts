/** The policy for those who are no actors and have no decision: doors that ask what the rules say. */
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { query } from '../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../runtime/kernel/index.ts';
import type { FrozenPolicy, PolicyAnswer } from '../../../runtime/kernel/ports/policy.ts';
import type { PolicyMessage, PolicyReply } from './policy-actor.ts';

/** What the rule set in force says of a request. */
export interface PolicyClient {
  /**
   * @param constitutionHash Constitution that the caller means; absent: the one in force.
   * @throws not_supported (another constitution), unavailable, deadline_exceeded
   */
  ask(
    request: DecisionRequest,
    constitutionHash?: string,
  ): Promise<{ readonly answer: PolicyAnswer; readonly policy: FrozenPolicy }>;
}

/** Makes a client; the actor is found anew each time, so that a restarted one is found. */
export function createPolicyClient(find: () => ActorRef<PolicyMessage>, timeoutMs: number): PolicyClient {
  return {
    async ask(request, constitutionHash) {
      const reply = await query(
        find(),
        (replyTo: ActorRef<PolicyReply>) => ({ type: 'ask' as const, request, constitutionHash, replyTo }),
        { timeoutMs },
      );
      if (reply.type === 'policy-said') return { answer: reply.answer, policy: reply.policy };
      throw reply.type === 'failed' ? reply.error : new TypeError('not an answer to ask');
    },
  };
}
