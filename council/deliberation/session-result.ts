/** Turns a session's ballots into the result that the orchestrator records. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { DeliberationResult } from '../../contracts/messages/council.ts';
import type { SessionTerms } from '../../contracts/messages/session.ts';
import { decideOutcome } from '../tally/outcome.ts';
import { lastWords } from './session-state.ts';
import type { SessionEnd } from './session-state.ts';

/** Result of a session from the ballots it counted, in any order. */
export function sessionResult(
  terms: SessionTerms,
  ballots: readonly Ballot[],
  end: SessionEnd,
): DeliberationResult {
  const { outcome, heldReason, tally } = decideOutcome(terms, ballots, end.rounds);
  const { counted, superseded } = lastWords(terms, ballots);
  return {
    type: 'deliberation-result',
    decisionId: terms.decisionId,
    outcome: end.heldFor ? 'held' : outcome,
    heldReason: end.heldFor ?? heldReason,
    rounds: end.rounds,
    tally,
    ballots: counted,
    superseded,
  };
}
