/** What is recorded when a decision ends: payload of the ledger's `final` entry. */
import { z } from 'zod';
import { Ballot } from './ballot.ts';
import { KeyId } from './ids.ts';
import { SealedData } from './privacy/sealed.ts';
import { VerdictBody } from './verdict.ts';

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
  /** On the record: reasons and spans of all evidence, which stands there without them. */
  sealed: SealedData.optional(),
});
/** See {@link FinalPayload}. */
export type FinalPayload = z.infer<typeof FinalPayload>;
