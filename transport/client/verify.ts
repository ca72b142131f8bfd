/** Checking a proof on this machine, from a key that its reader pinned; works without a node and in a browser. */
import { blsVerifier } from '../../contracts/ledger/aggregate/bls-verifier.ts';
import { fromHex } from '../../contracts/ledger/bytes.ts';
import { parseCoSignerKey } from '../../contracts/ledger/co-signature.ts';
import type { LedgerCrypto } from '../../contracts/ledger/crypto.ts';
import { strictEd25519 } from '../../contracts/ledger/strict-ed25519.ts';
import { verifyDecision } from '../../contracts/ledger/verify-decision.ts';
import type { CheckTally, DecisionVerification } from '../../contracts/ledger/verify-decision.ts';
import type { PinnedKey } from '../../contracts/messages/decision-proof.ts';

/** What a verification may be given beside proof and key. */
export interface VerifyOptions {
  /**
   * Hash and signature checks (default: those of @noble/curves, loaded when first needed). A pinned
   * co-signer's key needs `verifyMlDsa44` among them: without it such a proof does not verify.
   */
  readonly crypto?: LedgerCrypto;
  /** Recomputes the tally; without it the tally is taken as seats and node signed it. */
  readonly checkTally?: CheckTally;
}

/**
 * Checks records, log, and the signatures of seats and node. Rejects only when the cryptography cannot be
 * loaded; what does not hold is in the answer.
 *
 * @param bundle whatever was read
 * @param pinned key that the reader got over another channel than the bundle
 */
export async function verifyOffline(
  bundle: unknown,
  pinned: PinnedKey,
  { crypto, checkTally }: VerifyOptions = {},
): Promise<DecisionVerification> {
  const keys = pinned.publicKeys.map((key) => ({ logId: pinned.logId, publicKey: fromHex(key) }));
  const used = crypto ?? (await portableCrypto(mayAggregate(bundle)));
  const coSigners = (pinned.coSignerKeys ?? []).map((key) => parseCoSignerKey(key, used.sha256));
  return verifyDecision(bundle, { pinned: keys, coSigners, crypto: used, ...(checkTally && { checkTally }) });
}

/**
 * Whether the record may carry an aggregate: then its text names the suite, and a text that was changed so as
 * not to name it is no longer the one that the log's head covers.
 */
function mayAggregate(bundle: unknown): boolean {
  const { final } = (bundle ?? {}) as { final?: { canonical?: unknown } | null };
  return String(final?.canonical).includes('bls12-381-g2-pop');
}

/** The verifier that nodes use, on points and hashes that run anywhere; pairings only where they are needed. */
async function portableCrypto(withBls: boolean): Promise<LedgerCrypto> {
  const [{ ed25519 }, { sha256, sha512 }, pairings] = await Promise.all([
    import('@noble/curves/ed25519.js'),
    import('@noble/hashes/sha2.js'),
    withBls ? import('@noble/curves/bls12-381.js') : undefined,
  ]);
  return {
    sha256: (bytes) => sha256(bytes),
    verifyEd25519: strictEd25519(ed25519.Point, sha512),
    ...(pairings && { bls: blsVerifier(pairings.bls12_381) }),
  };
}
