/** Makes and signs verdicts, and reads them back from the entry that won. */
import { WitanError } from '../../../../contracts/errors.ts';
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import { verdictSigningBytes } from '../../../../contracts/ledger/signing.ts';
import type { FinalPayload } from '../../../../contracts/messages/final.ts';
import type { DecisionId, Digest, KeyId } from '../../../../contracts/messages/ids.ts';
import type { OpenedPayload } from '../../../../contracts/messages/session.ts';
import type { Verdict, VerdictBody } from '../../../../contracts/messages/verdict.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import { digestOf } from '../../../../runtime/kernel/crypto/digest.ts';
import { freezeDeep } from '../../../../runtime/kernel/frozen.ts';
import type { KeysPort } from '../../../../runtime/kernel/ports/keys.ts';
import type { LedgerEntry } from '../../../../runtime/kernel/ports/ledger.ts';
import { effectiveRisk } from '../../../kit/check/risk.ts';
import { alternativeFor } from '../path/alternative.ts';
import type { PathEnd } from '../path/decision-path.ts';

/** What a verdict is about. */
export interface VerdictSubject {
  readonly decisionId: DecisionId;
  readonly decisionDigest: Digest;
  readonly sessionDigest: Digest;
  readonly audience: string | null;
  readonly attempts: number;
}

/** What making a verdict needs. */
export interface VerdictMakerPorts {
  readonly clock: Clock;
  readonly keys: KeysPort;
  /** Time after which a verdict may not be relied on, ms. */
  readonly validForMs: number;
}

/** End of a path, with the aggregate of its ballots where one was asked for. */
export type RecordedEnd = PathEnd & Pick<FinalPayload, 'aggregate'>;

/** Signed payload of a `final` entry. Wall times are for display and expiry; order comes from the ledger. */
export function makeFinal(subject: VerdictSubject, end: RecordedEnd, ports: VerdictMakerPorts): FinalPayload {
  const nowMs = ports.clock.wallMs();
  const body: VerdictBody = {
    decisionId: subject.decisionId,
    decisionDigest: subject.decisionDigest,
    sessionDigest: subject.sessionDigest,
    outcome: end.outcome,
    heldReason: end.heldReason,
    decidedBy: end.decidedBy,
    risk: end.risk,
    rounds: end.rounds,
    tally: end.tally,
    steps: [...end.steps],
    ballots: end.ballots.map(({ body }) => digestOf(body)),
    alternative: alternativeFor(end),
    audience: subject.audience,
    decidedAt: new Date(nowMs).toISOString(),
    notAfter: new Date(nowMs + ports.validForMs).toISOString(),
    attempts: subject.attempts,
  };
  const { keyId } = ports.keys.active('node');
  return freezeDeep({
    body,
    ballots: [...end.ballots],
    superseded: [...end.superseded],
    keyId: keyId as KeyId,
    signature: toBase64Url(ports.keys.sign(keyId, verdictSigningBytes(body))),
    ...(end.aggregate && { aggregate: end.aggregate }),
  });
}

/** End of a session whose node, actor or time was lost before a verdict. */
export function lostEnd(opened: OpenedPayload): PathEnd {
  return {
    outcome: 'held',
    heldReason: 'session-lost',
    decidedBy: 'council',
    // Nothing is known of the risk, and what is not known is not low.
    risk: effectiveRisk(['high'], opened.statedRisk),
    rounds: 0,
    tally: null,
    steps: [],
    ballots: [],
    superseded: [],
    codes: [],
  };
}

/** The verdict that stands in a `final` entry: what a caller is given. */
export function verdictOf(entry: LedgerEntry, logId: string): Verdict {
  if (entry.kind !== 'final') throw new WitanError('internal', `entry ${entry.index} is no final entry`);
  // Our own log, parsed when it was written: no second parse.
  const { body, ballots, keyId, signature } = entry.payload as FinalPayload;
  const record = { logId, index: entry.index, leafHash: entry.leafHash as Digest, state: 'pending' as const };
  return { body, ballots, keyId, signature, record };
}
