/** Events of a decision without what may quote its input. */
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import { ERASED_TEXT } from '../../../contracts/messages/privacy/sealed-record.ts';

/** The event without reasons, places in the text, and words of people. */
export function withoutProse(event: DecisionEvent): DecisionEvent {
  switch (event.type) {
    case 'ballot':
    case 'advisory-ballot':
      return { ...event, ballot: bare(event.ballot) };
    case 'final':
      return { ...event, verdict: { ...event.verdict, ballots: event.verdict.ballots.map(bare) } };
    case 'resolution':
      return { ...event, reason: ERASED_TEXT };
    case 'ballot-refused':
      return { ...event, reason: ERASED_TEXT };
    case 'seat-absent':
      return { ...event, detail: ERASED_TEXT };
    default:
      return event;
  }
}

function bare(ballot: Ballot): Ballot {
  return { ...ballot, evidence: ballot.evidence.map((one) => ({ ...one, reasons: [], spans: [] })) };
}
