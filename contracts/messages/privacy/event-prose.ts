/** Events of a decision without what may quote its input. */
import type { Ballot } from '../ballot.ts';
import type { DecisionEvent } from '../events.ts';
import { ERASED_TEXT } from './sealed-record.ts';

/**
 * The event without reasons, places in the text, and words of people: what of it stands plain on the record.
 * Whoever may read the rest finds it by decision and seat, and checks it against `evidenceDigest`.
 * @param text stands where words were
 */
export function withoutProse(event: DecisionEvent, text: string = ERASED_TEXT): DecisionEvent {
  switch (event.type) {
    case 'ballot':
    case 'advisory-ballot':
      return { ...event, ballot: bare(event.ballot) };
    case 'final':
      return { ...event, verdict: { ...event.verdict, ballots: event.verdict.ballots.map(bare) } };
    case 'resolution':
      return { ...event, reason: text };
    case 'ballot-refused':
      return { ...event, reason: text };
    case 'seat-absent':
      return { ...event, detail: text };
    default:
      return event;
  }
}

function bare(ballot: Ballot): Ballot {
  return { ...ballot, evidence: ballot.evidence.map((one) => ({ ...one, reasons: [], spans: [] })) };
}
