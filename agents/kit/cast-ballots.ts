/** What a seat has already signed, so that it never signs two ballots for one decision and round. */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';

/** Bounded memory; the oldest entry goes first. Lookups and additions are O(1). */
export class CastBallots {
  readonly #capacity: number;
  readonly #ballots = new Map<string, Ballot>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Ballot of this seat for a decision and round, if it is still remembered. */
  get(decisionId: DecisionId, round: number): Ballot | undefined {
    return this.#ballots.get(`${decisionId}/${round}`);
  }

  /** Remembers a ballot; the first one of a decision and round stays. */
  add(ballot: Ballot): void {
    const key = `${ballot.body.decisionId}/${ballot.body.round}`;
    if (this.#ballots.has(key)) return;
    this.#ballots.set(key, ballot);
    if (this.#ballots.size <= this.#capacity) return;
    for (const oldest of this.#ballots.keys()) {
      this.#ballots.delete(oldest);
      return;
    }
  }
}
