/** Checks one decision offline: both records, every signature, and the tally recomputed from the ballots. */
import type { LogKey } from '../../../contracts/ledger/checkpoint.ts';
import type { CoSignerKey } from '../../../contracts/ledger/co-signature.ts';
import type { LedgerCrypto } from '../../../contracts/ledger/crypto.ts';
import { verifyDecision as verifyRecord } from '../../../contracts/ledger/verify-decision.ts';
import type { CheckTally, DecisionVerification } from '../../../contracts/ledger/verify-decision.ts';
import { verifyTally } from '../../../council/tally/verify-tally.ts';

export type { DecisionVerification };

/**
 * Checks a bundle of any origin against keys that the reader pinned. Never throws.
 *
 * @param bundle whatever was read
 * @param trusted keys that the reader pinned for the log, and co-signers that it demands
 */
export function verifyDecision(
  bundle: unknown,
  { pinned, coSigners = [] }: { pinned: readonly LogKey[]; coSigners?: readonly CoSignerKey[] },
  crypto: LedgerCrypto,
): DecisionVerification {
  return verifyRecord(bundle, {
    pinned,
    coSigners,
    crypto,
    checkTally: recomputeTally,
  });
}

/** First field of a verdict that is not what its ballots give. */
export const recomputeTally: CheckTally = (terms, { body, ballots, superseded }) => {
  const { outcome, heldReason, rounds, tally } = body;
  return verifyTally(terms, { outcome, heldReason, rounds, tally, ballots, superseded })[0];
};
