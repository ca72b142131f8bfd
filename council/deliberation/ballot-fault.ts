/** Checks that a ballot is what the session may count: every signature, digest and claim in it. */
import { fromBase64Url, fromHex } from '../../contracts/ledger/bytes.ts';
import type { LedgerCrypto } from '../../contracts/ledger/crypto.ts';
import { ballotDigest, ballotSigningBytes, evidenceDigest } from '../../contracts/ledger/signing.ts';
import { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import type { Digest } from '../../contracts/messages/ids.ts';
import { frozenKeyOf } from '../../contracts/messages/session.ts';
import type { FrozenSeat, SessionTerms } from '../../contracts/messages/session.ts';
import { revisionFault } from '../tally/revision-fault.ts';

/** What ballots of a session are checked against. */
export interface BallotCheck {
  readonly terms: SessionTerms;
  readonly sessionDigest: Digest;
  /** Round that the ballot was asked for. */
  readonly round: 1 | 2;
  /** Counted ballots of round 1; read in round 2. */
  readonly roundOne: readonly Ballot[];
  readonly crypto: LedgerCrypto;
  /** Salt of the decision, which keys digests of evidence; absent: they are plain. */
  readonly salt?: string | undefined;
  /** Whether this process signed it, as it is, with the key (hex): its signature and evidence then hold. */
  readonly isOwnBallot?: ((ballot: unknown, publicKey: string) => boolean) | undefined;
  /** Whether the key has been revoked since the session froze it. */
  readonly isRevoked: (keyId: string) => boolean;
}

/** Why a ballot is refused. */
export interface BallotFault {
  readonly reason: string;
  /** True: it is the seat's own word (the signature holds), so nothing better is to come from this seat. */
  readonly isFromSeat: boolean;
}

/** Fault of a ballot that came as the word of `seat`, or null when it counts. Never throws. */
export function ballotFault(seat: string, offered: unknown, check: BallotCheck): BallotFault | null {
  const frozen = check.terms.roster.find((one) => one.seat === seat);
  if (!frozen) return forged('the seat is not on the roster');
  const isOwn = isOwnWord(frozen, offered, check);
  const ballot = parsedBallot(offered, isOwn);
  if (!ballot) return forged('the ballot does not fit its schema');
  const origin = keyFault(frozen, ballot, check) ?? (isOwn ? null : signatureFault(frozen, ballot, check));
  if (origin) return forged(origin);
  const reason =
    bindingFault(ballot.body, check) ??
    (isOwn ? null : evidenceFault(ballot, check)) ??
    contentFault(frozen, ballot) ??
    roundFault(ballot, check);
  return reason === null ? null : { reason, isFromSeat: true };
}

/** Whether this process signed the ballot with a key of the seat. Never throws. */
function isOwnWord(frozen: FrozenSeat, offered: unknown, { isOwnBallot }: BallotCheck): boolean {
  if (!isOwnBallot) return false;
  const keyId = (offered as Partial<Ballot> | null | undefined)?.keyId;
  const publicKey = typeof keyId === 'string' ? frozenKeyOf(frozen, keyId) : undefined;
  return publicKey !== undefined && isOwnBallot(offered, publicKey);
}

function forged(reason: string): BallotFault {
  return { reason, isFromSeat: false };
}

/** The ballot where it fits its schema. The evidence of our own was checked before it was signed. */
function parsedBallot(offered: unknown, isOwn: boolean): Ballot | undefined {
  if (!isOwn) return Ballot.safeParse(offered).data;
  const ballot = offered as Ballot;
  return BallotBody.safeParse(ballot.body).success ? ballot : undefined;
}

function keyFault(frozen: FrozenSeat, { body, keyId }: Ballot, check: BallotCheck): string | null {
  if (body.seat !== frozen.seat) return `it is a ballot of ${body.seat}`;
  if (frozenKeyOf(frozen, keyId) === undefined)
    return 'it is signed with a key that the session did not freeze';
  return check.isRevoked(keyId) ? 'its key is revoked' : null;
}

function signatureFault(
  frozen: FrozenSeat,
  { body, keyId, signature }: Ballot,
  check: BallotCheck,
): string | null {
  const holds = check.crypto.verifyEd25519(
    fromHex(frozenKeyOf(frozen, keyId)!),
    ballotSigningBytes(body),
    signatureBytes(signature),
  );
  return holds ? null : 'its signature does not verify';
}

/** Bytes of a signature; a second spelling of the same bytes is no signature. */
function signatureBytes(signature: string): Uint8Array {
  try {
    return fromBase64Url(signature);
  } catch {
    return new Uint8Array();
  }
}

function bindingFault(body: BallotBody, { terms, sessionDigest, round }: BallotCheck): string | null {
  if (body.decisionId !== terms.decisionId) return 'it is about another decision';
  if (body.decisionDigest !== terms.decisionDigest) return 'it is about another payload';
  if (body.sessionDigest !== sessionDigest) return 'it was cast under other terms';
  return body.round === round ? null : `it is a ballot of round ${body.round}`;
}

function evidenceFault({ body, evidence }: Ballot, { crypto, salt }: BallotCheck): string | null {
  const isSame = body.evidenceDigest === evidenceDigest(evidence, crypto.sha256, salt);
  return isSame ? null : 'its evidence was changed';
}

function contentFault(frozen: FrozenSeat, { body, evidence }: Ballot): string | null {
  if (body.calibration !== frozen.calibration)
    return 'it names a calibration that the session did not freeze';
  if (!isSubsequence(body.evaluators, frozen.evaluators))
    return 'it names evaluators that the session did not freeze';
  if (evidence.some(({ evaluator }, index) => evaluator !== body.evaluators[index]))
    return 'its evidence and evaluators differ';
  if (evidence.length !== body.evaluators.length) return 'its evidence and evaluators differ';
  const families = new Set(evidence.map(({ family }) => family));
  if (body.families.some((family) => !families.has(family))) return 'it names a family without evidence';
  if (body.veto !== null && !evidence.some(({ code }) => code === body.veto))
    return 'it vetoes without evidence';
  if (body.applicable) return null;
  return body.scoreBp === 10_000 && body.veto === null ? null : 'it judges what its mandate does not touch';
}

function roundFault(ballot: Ballot, { round, roundOne, crypto }: BallotCheck): string | null {
  const { body } = ballot;
  if (round === 1) {
    return body.previousBallot === null && body.cites.length === 0
      ? null
      : 'round 1 is sealed: it refers to ballots';
  }
  const previous = roundOne.find((one) => one.body.seat === body.seat);
  if (!previous) return 'the seat has no ballot of round 1';
  const previousDigest = ballotDigest(previous.body, crypto.sha256);
  return revisionFault({ revised: ballot, previous, previousDigest, roundOne });
}

/** Whether `part` keeps the order of `whole`: each evaluator at most once. */
function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const one of part) {
    const found = whole.indexOf(one, at);
    if (found < 0) return false;
    at = found + 1;
  }
  return true;
}
