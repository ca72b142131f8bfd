/** What a session knows, as a fold of its durable events; recovery is replay. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { DeliberationResult } from '../../contracts/messages/council.ts';
import type { Digest } from '../../contracts/messages/ids.ts';
import type { SessionTerms } from '../../contracts/messages/session.ts';
import type { HeldReason } from '../../contracts/messages/verdict.ts';

/** Version of the shape of session events; 1 repeated the whole result in `concluded`. */
export const SESSION_EVENT_VERSION = 2;

/** How a session ended; with the ballots counted by then it gives the result, the same at every reading. */
export interface SessionEnd {
  /** Rounds that were run, 0 to 2. */
  readonly rounds: number;
  /**
   * Set where something outside the tally stopped the council; the result is then held whatever the ballots
   * say.
   */
  readonly heldFor?: HeldReason;
}

/** Durable event of a session. */
export type SessionEvent =
  | { readonly type: 'session-began'; readonly sessionDigest: Digest }
  | { readonly type: 'ballot-counted'; readonly round: 1 | 2; readonly ballot: Ballot }
  | { readonly type: 'round-closed'; readonly round: 1 | 2; readonly next: 'round-2' | 'tally' }
  | { readonly type: 'concluded'; readonly end: SessionEnd };

/** Fold of a session's events. */
export interface SessionState {
  /** Null until it began. */
  readonly sessionDigest: Digest | null;
  /** Round that is open or opens next; `closed` once the last is over. */
  readonly phase: 1 | 2 | 'closed';
  /** Rounds opened so far, 0 to 2. */
  readonly rounds: number;
  /** Counted ballots in the order of their arrival. */
  readonly ballots: readonly Ballot[];
  /** Null until it is concluded. */
  readonly end: SessionEnd | null;
}

/** State before any event. */
export const NEW_SESSION: SessionState = {
  sessionDigest: null,
  phase: 1,
  rounds: 0,
  ballots: [],
  end: null,
};

/** State after one more event. Unknown events are a programmer's error. */
export function applySessionEvent(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'session-began':
      return { ...state, sessionDigest: event.sessionDigest, rounds: 1 };
    case 'ballot-counted':
      return { ...state, ballots: [...state.ballots, event.ballot] };
    case 'round-closed':
      return event.next === 'round-2' ? { ...state, phase: 2, rounds: 2 } : { ...state, phase: 'closed' };
    case 'concluded':
      return { ...state, phase: 'closed', end: event.end };
  }
}

/** Reads an event that an earlier version stored. */
export function migrateSessionEvent({ type, payload }: { type: string; payload: unknown }): unknown {
  if (type !== 'concluded') return payload;
  const { result } = payload as { readonly result: DeliberationResult };
  const { rounds, heldReason } = result;
  return { type, end: heldReason === null ? { rounds } : { rounds, heldFor: heldReason } };
}

/** Counted ballots of one round, in roster order. */
export function ballotsOfRound(
  terms: SessionTerms,
  ballots: readonly Ballot[],
  round: 1 | 2,
): readonly Ballot[] {
  return terms.roster.flatMap(({ seat }) =>
    ballots.filter(({ body }) => body.seat === seat && body.round === round),
  );
}

/**
 * Ballots as a verdict carries them, in roster order: the last word of each seat, and the words it
 * replaced.
 */
export function lastWords(
  terms: SessionTerms,
  ballots: readonly Ballot[],
): { readonly counted: readonly Ballot[]; readonly superseded: readonly Ballot[] } {
  const second = ballotsOfRound(terms, ballots, 2);
  const hasSecond = new Set(second.map(({ body }) => body.seat));
  const superseded = ballotsOfRound(terms, ballots, 1).filter(({ body }) => hasSecond.has(body.seat));
  const counted = terms.roster.flatMap(({ seat }) => {
    const words = ballots.filter(
      ({ body }) => body.seat === seat && !superseded.some((one) => one.body === body),
    );
    return words.slice(0, 1);
  });
  return { counted, superseded };
}
