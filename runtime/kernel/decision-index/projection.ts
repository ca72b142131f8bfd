/** From a ledger entry to what it changes in the index: pure, shared by every implementation of the port. */
import { ballotVote } from '../../../contracts/messages/ballot.ts';
import type { FinalPayload } from '../../../contracts/messages/final.ts';
import type { RecordedOpened } from '../../../contracts/messages/privacy/sealed-record.ts';
import type { IndexChange, IndexedEvaluation } from '../ports/decision/decision-index.ts';
import type { LedgerEntry } from '../ports/ledger.ts';
import { fingerprintOf } from './fingerprint.ts';

/**
 * What `entry` changes; `none` for kinds that the index does not hold. Entries of our own log are not
 * parsed again.
 */
export function projectEntry(entry: LedgerEntry): IndexChange {
  if (entry.decisionId === undefined) return { kind: 'none' };
  if (entry.kind === 'opened') return projectOpened(entry);
  if (entry.kind === 'final') return projectFinal(entry);
  return entry.kind === 'resolution'
    ? { kind: 'resolution', decisionId: entry.decisionId }
    : { kind: 'none' };
}

function projectOpened(entry: LedgerEntry): IndexChange {
  const payload = entry.payload as RecordedOpened;
  const { terms, submittedBy, openedAt, deadlineMs, retryOf } = payload;
  return {
    kind: 'opened',
    decision: {
      decisionId: terms.decisionId,
      tenant: entry.tenant,
      type: 'sealed' in payload ? payload.type : payload.request.type,
      decisionDigest: terms.decisionDigest,
      fingerprint: fingerprintIn(payload),
      submittedBy,
      openedAt,
      openedIndex: entry.index,
      openedAtWallMs: Date.parse(openedAt),
      deadlineMs,
      retryOf,
      outcome: null,
      heldReason: null,
      decidedBy: null,
      risk: null,
      valueBp: null,
      resolved: false,
      finalIndex: null,
      decidedAtWallMs: null,
    },
  };
}

/** Of a sealed input it is masked, behind the name of the key that opens it. */
function fingerprintIn(payload: RecordedOpened): string {
  if (!('sealed' in payload)) return fingerprintOf(payload.request);
  return `${payload.sealed.keyId}:${payload.fingerprint}`;
}

function projectFinal(entry: LedgerEntry): IndexChange {
  const { body, ballots } = entry.payload as FinalPayload;
  const decidedAtWallMs = Date.parse(body.decidedAt);
  const common = {
    decisionId: body.decisionId,
    tenant: entry.tenant,
    at: body.decidedAt,
    atWallMs: decidedAtWallMs,
    index: entry.index,
    outcome: body.outcome,
  };
  const cast: Omit<IndexedEvaluation, 'decisionType'>[] = ballots.map((ballot) => ({
    ...common,
    seat: ballot.body.seat,
    round: ballot.body.round,
    vote: ballotVote(ballot.body),
    scoreBp: ballot.body.scoreBp,
    confidenceBp: ballot.body.confidenceBp,
    veto: ballot.body.veto,
    codes: [...new Set(ballot.evidence.map((evidence) => evidence.code))],
  }));
  const absent: Omit<IndexedEvaluation, 'decisionType'>[] = (body.tally?.absent ?? []).map((seat) => ({
    ...common,
    seat,
    round: body.rounds,
    vote: 'absent',
    scoreBp: null,
    confidenceBp: null,
    veto: null,
    codes: [],
  }));
  return {
    kind: 'final',
    decisionId: body.decisionId,
    decision: {
      outcome: body.outcome,
      heldReason: body.heldReason,
      decidedBy: body.decidedBy,
      risk: body.risk,
      valueBp: body.tally?.valueBp ?? null,
      finalIndex: entry.index,
      decidedAtWallMs,
    },
    evaluations: [...cast, ...absent],
  };
}
