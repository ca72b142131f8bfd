/** Makes and recognises the signed ballots of one seat. */
import { WitanError } from '../../contracts/errors.ts';
import { fromBase64Url, fromHex, toBase64Url } from '../../contracts/ledger/bytes.ts';
import { ballotSigningBytes } from '../../contracts/ledger/signing.ts';
import type { Ballot, BallotBody } from '../../contracts/messages/ballot.ts';
import type { BallotRequest } from '../../contracts/messages/council.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import type { KeyId } from '../../contracts/messages/ids.ts';
import { digestOf } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { noteOwnBallot } from '../../runtime/kernel/crypto/own-ballots.ts';
import type { KeyInfo, KeysPort } from '../../runtime/kernel/ports/keys.ts';
import type { RevisedVote } from './revise-vote.ts';
import type { SeatPlan } from './seat-plan.ts';

/** What goes into a ballot beside the request. */
export interface BallotContent {
  readonly vote: RevisedVote;
  readonly evidence: readonly Evidence[];
}

/** Purpose under which the key port keeps a seat's key. */
export function seatKeyPurpose(seat: string): string {
  return `seat/${seat}`;
}

/**
 * Signed ballot for a request, deeply frozen, its evidence with it. The same request and content give the
 * same bytes: Ed25519 is deterministic.
 * @throws permission_denied when the key that the session froze is not this seat's or is revoked, not_found
 */
export function signBallot(
  plan: SeatPlan,
  keys: KeysPort,
  request: BallotRequest,
  content: BallotContent,
): Ballot {
  const { keyId, publicKey } = keyOf(plan, keys, request);
  const { vote, evidence } = content;
  const body: BallotBody = {
    decisionId: request.decision.decisionId,
    sessionDigest: request.sessionDigest,
    decisionDigest: request.decision.digest,
    seat: plan.seat,
    round: request.round,
    scoreBp: vote.scoreBp,
    confidenceBp: vote.confidenceBp,
    applicable: vote.applicable,
    veto: vote.veto,
    families: [...vote.families],
    evaluators: evidence.map(({ evaluator }) => evaluator),
    evidenceDigest: digestOf(evidence, request.decision.salt),
    previousBallot: request.previous ? digestOf(request.previous.body) : null,
    cites: [...vote.cites],
    calibration: plan.calibration.id,
  };
  const signature = toBase64Url(keys.sign(keyId, ballotSigningBytes(body)));
  return noteOwnBallot({ body, evidence: [...evidence], keyId: keyId as KeyId, signature }, publicKey);
}

/**
 * Whether a round-1 ballot handed back by the council is this seat's own word on this decision and session.
 */
export function isOwnBallot(plan: SeatPlan, keys: KeysPort, request: BallotRequest): boolean {
  const { previous } = request;
  if (!previous) return false;
  const { body, evidence, keyId, signature } = previous;
  const publicKey = publicKeyOf(plan, keys, [keyId, request]);
  return (
    publicKey !== undefined &&
    body.seat === plan.seat &&
    body.round === 1 &&
    body.decisionId === request.decision.decisionId &&
    body.sessionDigest === request.sessionDigest &&
    body.evidenceDigest === digestOf(evidence, request.decision.salt) &&
    verifyEd25519(publicKey, ballotSigningBytes(body), fromBase64Url(signature))
  );
}

/** Public key of this seat by its id: held here, or frozen as that of the seat on another node. */
function publicKeyOf(
  { seat }: SeatPlan,
  keys: KeysPort,
  [keyId, { seatKeys }]: readonly [string, BallotRequest],
): Uint8Array | undefined {
  const key = keys.get(keyId);
  if (key) return key.purpose === seatKeyPurpose(seat) ? key.publicKey : undefined;
  const frozen = seatKeys?.find((one) => one.keyId === keyId);
  return frozen && fromHex(frozen.publicKey);
}

function keyOf(plan: SeatPlan, keys: KeysPort, request: BallotRequest): KeyInfo {
  const purpose = seatKeyPurpose(plan.seat);
  if (request.keyId === undefined) return keys.active(purpose);
  // A session that moved here froze the keys of every node: the one that is held here signs.
  const { seatKeys = [] } = request;
  for (const keyId of [request.keyId, ...seatKeys.map((frozen) => frozen.keyId)]) {
    const key = keys.get(keyId);
    if (key?.purpose === purpose) return key;
  }
  throw new WitanError(
    'permission_denied',
    `the session names key ${request.keyId}, which is not a key of ${purpose}`,
  );
}
