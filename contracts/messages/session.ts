/** What is frozen when a decision is accepted: payload of the ledger's `opened` entry. */
import { z } from 'zod';
import { DecisionRequest, RiskLevel } from './decision.ts';
import { BasisPoints, DecisionId, Digest, KeyId, SeatId } from './ids.ts';

const PublicKey = z.string().regex(/^[0-9a-f]{64}$/);

/** A key of a seat; the public key is Ed25519, 64 hex digits. */
export const SeatKey = z.strictObject({ keyId: KeyId, publicKey: PublicKey });
/** See {@link SeatKey}. */
export type SeatKey = z.infer<typeof SeatKey>;

/** A seat as frozen for one session. */
export const FrozenSeat = z.strictObject({
  seat: SeatId,
  weightBp: z.int().min(0),
  /** Ed25519 public key, 64 hex digits. */
  publicKey: PublicKey,
  keyId: KeyId,
  /**
   * Keys of the same seat on the other nodes of the cluster, sorted by id: should the session move, the seat
   * there answers for it. One ballot counts for seat and round, whichever of the keys signed it.
   */
  otherKeys: z.array(SeatKey).min(1).max(256).optional(),
  /** Whether the seat may veto inside its mandate. */
  vetoes: z.boolean(),
  /** `id@version#sha256` of its evaluators, in order. */
  evaluators: z.array(z.string().max(200)).max(20),
  calibration: z.string().max(120),
});
/** See {@link FrozenSeat}. */
export type FrozenSeat = z.infer<typeof FrozenSeat>;

/** Keys whose ballots count for the seat, that of the node which froze them first. */
export function frozenKeysOf({ keyId, publicKey, otherKeys = [] }: SeatKeys): readonly SeatKey[] {
  return [{ keyId, publicKey }, ...otherKeys];
}

/** Public key behind `keyId` where the session froze it for the seat, else undefined. */
export function frozenKeyOf(seat: SeatKeys, keyId: string): string | undefined {
  if (keyId === seat.keyId) return seat.publicKey;
  return seat.otherKeys?.find((key) => key.keyId === keyId)?.publicKey;
}

type SeatKeys = Pick<FrozenSeat, 'keyId' | 'publicKey' | 'otherKeys'>;

/**
 * Form of the sum that decides (N-COU-2): Σ w·c·s as it is, over the weight of all seats (the default), or
 * over
 * Σ w·c. All three are recorded whichever decides.
 */
export const TallyForm = z.enum(['raw', 'weight-normalised', 'confidence-normalised']);
/** See {@link TallyForm}. */
export type TallyForm = z.infer<typeof TallyForm>;

/**
 * Rules of one session; the SHA-256 of its canonical JSON is the session digest that ballots and verdict
 * sign.
 */
export const SessionTerms = z.strictObject({
  decisionId: DecisionId,
  decisionDigest: Digest,
  tenant: z.string(),
  roster: z.array(FrozenSeat).min(1).max(64),
  thresholdBp: BasisPoints,
  quorumBp: BasisPoints,
  /** Absent: `weight-normalised`. */
  tallyForm: TallyForm.optional(),
  maxRounds: z.int().min(1).max(2),
  /** Sorted, prefixes of families whose model runs at another organisation. */
  remoteFamilies: z.array(z.string()),
  /** Largest share of approving weight that may rest on one remote provider; absent: 5,000 (half). */
  providerShareMaxBp: BasisPoints.optional(),
  policyRevision: z.string(),
  constitutionHash: z.string(),
  /**
   * SHA-256 of the canonical list of the seats' BLS keys, hex, in roster order; absent: their ballots are not
   * aggregated.
   */
  aggregateKeys: Digest.optional(),
  /** Evaluators of the checks, `id@version#sha256`. */
  checks: z.array(z.string().max(200)).max(40),
});
/** See {@link SessionTerms}. */
export type SessionTerms = z.infer<typeof SessionTerms>;

/** Payload of an `opened` entry, as it is written without sealing and as readers with the keys see it. */
export const OpenedPayload = z.strictObject({
  terms: SessionTerms,
  sessionDigest: Digest,
  request: DecisionRequest,
  /** Risk as the caller stated it; null: measured. */
  statedRisk: RiskLevel.nullable(),
  submittedBy: z.string(),
  openedAt: z.iso.datetime(),
  /** Time allowed from acceptance to the final record, ms. */
  deadlineMs: z.int().min(1),
  retryOf: DecisionId.nullable(),
  /** Keys the decision's digests; absent: nothing is sealed, the digests are plain. */
  salt: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Set in a view of a request that was sealed: whether it still opens. */
  input: z.enum(['sealed', 'erased']).optional(),
});
/** See {@link OpenedPayload}. */
export type OpenedPayload = z.infer<typeof OpenedPayload>;

/**
 * Payload of a `resolution` entry: a person's word on a held or overridden decision; `final` stays as it
 * is.
 */
export const ResolutionPayload = z.strictObject({
  finalIndex: z.int().min(0),
  action: z.enum(['approve', 'reject', 'override']),
  by: z.string().min(1).max(200),
  reason: z.string().min(1).max(4_000),
  at: z.iso.datetime(),
});
/** See {@link ResolutionPayload}. */
export type ResolutionPayload = z.infer<typeof ResolutionPayload>;
