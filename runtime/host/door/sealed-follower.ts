/** Keeps round 1 sealed from callers who vote themselves: they see ballots only once their round is closed. */
import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import type { EventFollower } from '../../../transport/door/backend.ts';
import type { Principal } from '../../kernel/ports/identity.ts';

/** Events that tell what somebody voted. */
const TELLING: ReadonlySet<DecisionEvent['type']> = new Set(['ballot', 'tally', 'advisory-ballot']);

/** More are never withheld of one decision: two rounds of 64 seats, tallies included. */
const WITHHELD_MAX_COUNT = 512;

/** Whether the caller may cast ballots and so must not read those of others before the round is closed. */
export function isVoter({ scopes }: Principal): boolean {
  return scopes.includes('agent:serve');
}

/**
 * A follower that holds back everything from the first telling event of a round until the round is closed or
 * the decision has ended, then passes all of it on in order. For one decision; for all, one per decision.
 */
export function sealedFollower(follower: EventFollower): EventFollower {
  let withheld: DecisionEvent[] = [];
  return {
    onEvent: (event) => {
      const isOver = event.type === 'round-closed' || event.type === 'final';
      if (!isOver && (withheld.length > 0 || TELLING.has(event.type))) {
        withheld.push(event);
        if (withheld.length > WITHHELD_MAX_COUNT) withheld.shift();
        return undefined;
      }
      const due = withheld;
      withheld = [];
      return deliver(follower, [...due, event]);
    },
    onGap: (resumeAfter) => {
      withheld = [];
      follower.onGap(resumeAfter);
    },
    onEnd: () => {
      withheld = [];
      follower.onEnd();
    },
    onSnapshot: (view) => follower.onSnapshot(view),
  };
}

/** In order; from the first promise on each event waits for the one before it. */
function deliver(follower: EventFollower, events: readonly DecisionEvent[]): void | Promise<void> {
  let waiting: Promise<void> | undefined;
  for (const event of events) {
    if (waiting) waiting = waiting.then(() => follower.onEvent(event));
    else waiting = follower.onEvent(event) ?? undefined;
  }
  return waiting;
}
