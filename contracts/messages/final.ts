/** What is recorded when a decision ends: payload of the ledger's `final` entry. */
import { z } from 'zod';
import { Ballot } from './ballot.ts';
import { KeyId } from './ids.ts';
import { SealedData } from './privacy/sealed.ts';
import { VerdictBody } from './verdict.ts';

/**
 * One BLS signature of all counted seats over the list of their ballots
 * (contracts/ledger/aggregate), or why there is none: it came too `late`, signing `failed`, the seats had
 * `no-keys` for it when the session opened, or it was switched `off` in between.
 */
export const BallotAggregate = z.union([
  z.strictObject({
    /** BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_. */
    suite: z.literal('bls12-381-g2-pop'),
    /** 96 bytes, base64url without padding (128 characters). */
    signature: z.string().regex(/^[A-Za-z0-9_-]{128}$/),
  }),
  z.strictObject({ none: z.enum(['late', 'failed', 'no-keys', 'off']) }),
]);
/** See {@link BallotAggregate}. */
export type BallotAggregate = z.infer<typeof BallotAggregate>;

/** Payload of a `final` entry: the signed verdict with every ballot it rests on. */
export const FinalPayload = z.strictObject({
  body: VerdictBody,
  /** Counted ballots, roster order; empty when no council sat. */
  ballots: z.array(Ballot).max(64),
  /** Round-1 ballots that a round-2 ballot replaced; needed to check `previousBallot`. */
  superseded: z.array(Ballot).max(64),
  keyId: KeyId,
  /** The node's Ed25519 signature over the verdict body (contracts/ledger/signing), base64url. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
  /** Set where the session froze BLS keys and a council sat; ballots count without it. */
  aggregate: BallotAggregate.optional(),
  /** On the record: reasons and spans of all evidence, which stands there without them. */
  sealed: SealedData.optional(),
});
/** See {@link FinalPayload}. */
export type FinalPayload = z.infer<typeof FinalPayload>;
