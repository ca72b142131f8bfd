/** Evidence of evaluators that found nothing: sent whole once, then by number. */
import type { Evidence } from '../../../contracts/messages/evidence.ts';
import type { EvaluationFault, SentEvidence } from './thread-messages.ts';

/** Different pieces that are kept: two for each of a few hundred evaluators. */
const MOST_KEPT = 1_000;

/** The thread's side; one per life, as the receiver's. */
export class OftenSent {
  readonly #places = new Map<string, number>();

  /** The number of what was sent before, else the evidence itself. */
  short(evidence: Evidence): SentEvidence {
    if (!isKept(evidence)) return evidence;
    const text = JSON.stringify(evidence);
    const place = this.#places.get(text);
    if (place !== undefined) return place;
    if (this.#places.size < MOST_KEPT) this.#places.set(text, this.#places.size);
    return evidence;
  }
}

/** The node's side: keeps what `OftenSent` keeps, in the same order. */
export class OftenReceived {
  readonly #kept: Evidence[] = [];

  /** What the thread meant. */
  whole(sent: SentEvidence): Evidence | EvaluationFault {
    if (typeof sent === 'number') return this.#kept[sent]!;
    if (!('fault' in sent) && isKept(sent) && this.#kept.length < MOST_KEPT) this.#kept.push(sent);
    return sent;
  }
}

/** Only what says nothing of the input: a finding names its places. */
function isKept({ code, spans }: Evidence): boolean {
  return code === 'none' && spans.length === 0;
}
