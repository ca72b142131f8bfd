/**
 * Keeps rounds sealed from callers who may vote: while an agent of their tenant is connected, they see
 * ballots only once the round is closed.
 */
import type { DecisionEvent } from '../../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { DecisionSubscriber } from '../../../kernel/ports/decision/decision-events.ts';

/** Events that tell what somebody voted. */
const TELLING: ReadonlySet<DecisionEvent['type']> = new Set(['ballot', 'tally', 'advisory-ballot']);

/** More are never withheld of one decision: two rounds of 64 seats, tallies included. */
const WITHHELD_MAX_COUNT = 512;

/**
 * A follower that sees nothing of a round that is open while `isSealed`.
 *
 * From the first telling event on everything of the decision is held back until the round is closed or the
 * decision has ended, and then passed on in order.
 */
export function sealedFollower(follower: DecisionSubscriber, isSealed: () => boolean): DecisionSubscriber {
  const withheld = new Map<DecisionId, DecisionEvent[]>();
  return {
    onEvent: (event) => {
      const { decisionId, type } = event;
      const held = withheld.get(decisionId);
      const isOver = type === 'round-closed' || type === 'final';
      if (!isOver && (held ?? (TELLING.has(type) && isSealed()))) {
        if (!held) withheld.set(decisionId, [event]);
        else if (held.push(event) > WITHHELD_MAX_COUNT) held.shift();
        return undefined;
      }
      withheld.delete(decisionId);
      return deliver(follower, [...(held ?? []), event]);
    },
    onGap: (resumeAfter) => {
      withheld.clear();
      follower.onGap(resumeAfter);
    },
    onEnd: () => {
      withheld.clear();
      follower.onEnd();
    },
  };
}

/** In order; from the first promise on each event waits for the one before it. */
function deliver(follower: DecisionSubscriber, events: readonly DecisionEvent[]): void | Promise<void> {
  let waiting: Promise<void> | undefined;
  for (const event of events) {
    if (waiting) waiting = waiting.then(() => follower.onEvent(event));
    else waiting = follower.onEvent(event) ?? undefined;
  }
  return waiting;
}
