/** Offline verification with this platform's cryptography: what the command line and embedders call. */
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { parseCoSignerKey } from '../../../contracts/ledger/co-signature.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { bls } from '../../kernel/crypto/bls.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyMlDsa44 } from '../../kernel/crypto/ml-dsa-44.ts';
import { verifyDecision } from './verify-decision.ts';
import type { DecisionVerification } from './verify-decision.ts';

/**
 * Checks a decision's proof against a pinned key: records, log, signatures of seats and node, tally. Never
 * throws.
 *
 * Signatures are checked by node:crypto, the one verifier that is pinned for ballots; where the reader
 * pinned a co-signer's key too, its ML-DSA-44 signature must stand on each checkpoint.
 * @param bundle whatever was read from a file or a node
 * @param pinned key that the reader got over another channel than the bundle
 * @example verifyDecisionProof(JSON.parse(text), pinned).ok
 */
export function verifyDecisionProof(bundle: unknown, pinned: PinnedKey): DecisionVerification {
  const keys = pinned.publicKeys.map((key) => ({ logId: pinned.logId, publicKey: fromHex(key) }));
  const coSigners = (pinned.coSignerKeys ?? []).map((key) => parseCoSignerKey(key, sha256));
  return verifyDecision(bundle, { pinned: keys, coSigners }, { sha256, verifyEd25519, verifyMlDsa44, bls });
}
