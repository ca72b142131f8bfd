/** The council's answer, as recorded and as given to the caller. */
import { z } from 'zod';
import { Ballot } from './ballot.ts';
import { RiskLevel } from './decision.ts';
import { BasisPoints, DecisionId, Digest, KeyId, SeatId } from './ids.ts';

/** Outcome of a decision. *Held* is a recorded verdict: a person must look. */
export const Outcome = z.enum(['approved', 'rejected', 'held']);
/** See {@link Outcome}. */
export type Outcome = z.infer<typeof Outcome>;

/** Why a decision is held. */
export const HeldReason = z.enum([
  'quorum',
  'undecided',
  'strict-value',
  'veto',
  'veto-seat-absent',
  'provider-concentration',
  'policy-review',
  'policy-error',
  'deadline',
  'session-lost',
  'evaluation-failed',
]);
/** See {@link HeldReason}. */
export type HeldReason = z.infer<typeof HeldReason>;

/** Who decided. */
export const DecidedBy = z.enum(['policy', 'checks', 'council', 'human']);
/** See {@link DecidedBy}. */
export type DecidedBy = z.infer<typeof DecidedBy>;

/**
 * The sum over the council, exact. `weighted` is Σ weight·confidence·score in units of 10⁻¹² (three factors
 * in
 * basis points), `attainable` the same for full approval of every seat, present or not. All `…Bp` are
 * rounded down.
 */
export const Tally = z.strictObject({
  weighted: z.int().min(0),
  attainable: z.int().min(0),
  valueBp: BasisPoints,
  /** Ballots with a score below 0.5 counted as 0. */
  strictWeighted: z.int().min(0),
  strictBp: BasisPoints,
  /** Unnormalised Σ score·confidence·weight in basis points; weights total 11,000 (COU-16). */
  rawBp: z.int().min(0),
  /** Σ w·c·s ÷ Σ w·c over the ballots cast; null without any confidence. */
  confidenceNormalisedBp: BasisPoints.nullable(),
  thresholdBp: BasisPoints,
  quorumBp: BasisPoints,
  totalWeightBp: z.int().min(0),
  participatingWeightBp: z.int().min(0),
  /** Lowest and highest `valueBp` that absent seats could still bring. */
  reachableBp: z.tuple([BasisPoints, BasisPoints]),
  ballotCount: z.int().min(0),
  approveCount: z.int().min(0),
  rejectCount: z.int().min(0),
  notApplicableCount: z.int().min(0),
  absent: z.array(SeatId),
  vetoes: z.array(z.strictObject({ seat: SeatId, code: z.string() })),
  /** Approving weight by family, sorted by family. */
  families: z.array(
    z.strictObject({ family: z.string(), approvingWeightBp: z.int().min(0), remote: z.boolean() }),
  ),
});
/** See {@link Tally}. */
export type Tally = z.infer<typeof Tally>;

/** One step of the path (architecture §1) and what it said. */
export const StepRecord = z.strictObject({
  step: z.enum(['policy', 'checks', 'consensus', 'council', 'record']),
  result: z.string().max(80),
  /** Who says so: `policy@revision`, `safety`, `bias`, `privacy`. */
  by: z.string().max(200),
  risk: RiskLevel.nullable(),
  codes: z.array(z.string().max(80)).max(100),
  elapsedMs: z.number().min(0),
});
/** See {@link StepRecord}. */
export type StepRecord = z.infer<typeof StepRecord>;

/** What to do instead of a rejected or held decision (ORC-08). */
export const Alternative = z.strictObject({
  /** What may be delivered in place of the output, if anything. */
  text: z.string().max(20_000),
  /** What would have to change, one action each. */
  actions: z.array(z.string().max(500)).max(40),
  /** Text that must accompany any answer to a person in distress; null when not indicated. */
  handOff: z.string().max(4_000).nullable(),
});
/** See {@link Alternative}. */
export type Alternative = z.infer<typeof Alternative>;

/** Body of the verdict; the node signs `witan-verdict/1`, a newline and its canonical JSON. */
export const VerdictBody = z.strictObject({
  decisionId: DecisionId,
  decisionDigest: Digest,
  sessionDigest: Digest,
  outcome: Outcome,
  heldReason: HeldReason.nullable(),
  decidedBy: DecidedBy,
  risk: RiskLevel,
  rounds: z.int().min(0).max(2),
  tally: Tally.nullable(),
  steps: z.array(StepRecord).max(10),
  /** Digests of the counted ballots' bodies in roster order. */
  ballots: z.array(Digest).max(64),
  alternative: Alternative.nullable(),
  audience: z.string().max(200).nullable(),
  /** Wall clock, RFC 3339; display only, order comes from the ledger. */
  decidedAt: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  /** Earlier attempts at the same or nearly the same input inside the window. */
  attempts: z.int().min(0),
});
/** See {@link VerdictBody}. */
export type VerdictBody = z.infer<typeof VerdictBody>;

/** Where the record stands (architecture §8). */
export const RecordState = z.enum(['pending', 'checkpointed', 'submitted', 'included', 'final', 'failed']);
/** See {@link RecordState}. */
export type RecordState = z.infer<typeof RecordState>;

/** What a caller gets: the verdict, every counted ballot, and where it is recorded. */
export const Verdict = z.strictObject({
  body: VerdictBody,
  ballots: z.array(Ballot).max(64),
  keyId: KeyId,
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
  record: z.strictObject({
    logId: z.string(),
    index: z.int().min(0),
    leafHash: Digest,
    state: RecordState,
  }),
});
/** See {@link Verdict}. */
export type Verdict = z.infer<typeof Verdict>;
