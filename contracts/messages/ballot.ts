/** A seat's signed vote. */
import { z } from 'zod';
import { Evidence } from './evidence.ts';
import { BasisPoints, DecisionId, Digest, KeyId, SeatId } from './ids.ts';

/** What the signature covers, in canonical JSON. */
export const BallotBody = z.strictObject({
  decisionId: DecisionId,
  sessionDigest: Digest,
  decisionDigest: Digest,
  seat: SeatId,
  round: z.union([z.literal(1), z.literal(2)]),
  scoreBp: BasisPoints,
  confidenceBp: BasisPoints,
  /** False: the seat's mandate is not touched; shown apart from an approval on evidence. */
  applicable: z.boolean(),
  /** Set when the seat found, inside its mandate, what must not pass: the evidence code. */
  veto: z.string().max(80).nullable(),
  /** Families whose evidence the ballot rests on, sorted. */
  families: z.array(z.string().max(120)).max(20),
  /** Evaluators that produced it, `id@version#sha256`, in order. */
  evaluators: z.array(z.string().max(200)).max(20),
  /** SHA-256 of the canonical JSON of `evidence`. */
  evidenceDigest: Digest,
  /** Digest of the seat's round-1 body; null in round 1. */
  previousBallot: Digest.nullable(),
  /** Evidence of another seat that a raised score rests on (`seat/code`); empty otherwise. */
  cites: z.array(z.string().max(130)).max(20),
  /** Id of the calibration that `confidenceBp` comes from, or `uncalibrated`. */
  calibration: z.string().max(120),
});
/** See {@link BallotBody}. */
export type BallotBody = z.infer<typeof BallotBody>;

/** Ballot as it is cast, recorded and shown. */
export const Ballot = z.strictObject({
  body: BallotBody,
  evidence: z.array(Evidence).max(20),
  keyId: KeyId,
  /**
   * Ed25519 over `witan-ballot/1`, a newline and the canonical `body`; base64url without padding (86
   * characters).
   */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
/** See {@link Ballot}. */
export type Ballot = z.infer<typeof Ballot>;

/** Vote in a word, for people: not-applicable, approve (score ≥ 0.5) or reject. */
export function ballotVote(
  body: Pick<BallotBody, 'scoreBp' | 'applicable'>,
): 'not-applicable' | 'approve' | 'reject' {
  if (!body.applicable) return 'not-applicable';
  return body.scoreBp >= 5_000 ? 'approve' : 'reject';
}
