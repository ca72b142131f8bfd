/** Offline verification with this platform's cryptography: what the command line and embedders call. */
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyDecision } from './verify-decision.ts';
import type { DecisionVerification } from './verify-decision.ts';

/**
 * Checks a decision's proof against a pinned key: records, log, signatures of seats and node, tally. Never
 * throws.
 *
 * Signatures are checked by node:crypto, the one verifier that is pinned for ballots.
 * @param bundle whatever was read from a file or a node
 * @param pinned key that the reader got over another channel than the bundle
 * @example verifyDecisionProof(JSON.parse(text), pinned).ok
 */
export function verifyDecisionProof(bundle: unknown, pinned: PinnedKey): DecisionVerification {
  const keys = pinned.publicKeys.map((key) => ({ logId: pinned.logId, publicKey: fromHex(key) }));
  return verifyDecision(bundle, keys, { sha256, verifyEd25519 });
}
