/** The parts of a decision's payloads that the record reads, for tests that need no council. */
import type { Decision } from '../../contracts/messages/decision.ts';
import type { FinalPayload } from '../../contracts/messages/final.ts';
import type { OpenedPayload } from '../../contracts/messages/session.ts';

/** Payload of an `opened` entry. */
export function openedOf({ decisionId, digest, tenant, request, salt }: Decision): OpenedPayload {
  return {
    terms: { decisionId, decisionDigest: digest, tenant },
    sessionDigest: digest,
    request,
    statedRisk: null,
    submittedBy: 'user:ann',
    openedAt: '2027-01-15T08:00:00.000Z',
    deadlineMs: 5_000,
    retryOf: null,
    ...(salt !== undefined && { salt }),
  } as unknown as OpenedPayload;
}

/** Payload of a `final` entry with one ballot whose reason quotes the input. */
export function finalOf({ decisionId, digest }: Decision, quote: string): FinalPayload {
  const evidence = {
    code: 'none',
    reasons: [quote],
    spans: [{ field: 'text', start: 0, end: 3, label: 'name' }],
  };
  return {
    body: { decisionId, decisionDigest: digest, outcome: 'held', tally: null, rounds: 1 },
    ballots: [{ body: { seat: 'guardian', round: 1 }, evidence: [evidence] }],
    superseded: [],
  } as unknown as FinalPayload;
}
