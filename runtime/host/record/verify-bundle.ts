/** Bundles with this platform's cryptography: what the command line and embedders call. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import {
  verifyBundle,
  type BundleTrust,
  type BundleVerification,
} from '../../../contracts/bundle/verify-bundle.ts';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { parseCoSignerKey } from '../../../contracts/ledger/co-signature.ts';
import { parseTrustPolicy } from '../../../contracts/ledger/tlog/trust-policy.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { bls } from '../../kernel/crypto/bls.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../kernel/crypto/ed25519.ts';
import { verifyMlDsa44 } from '../../kernel/crypto/ml-dsa-44.ts';
import { recomputeTally } from './verify-decision.ts';

/** What a reader of a bundle trusts, as it stands in files. */
export interface EvidenceTrust {
  readonly pinned: PinnedKey;
  /** Text of a file of the form C2SP tlog-policy. */
  readonly policy?: string | undefined;
  /** Contracts that the reader knows, and the block where they know it. */
  readonly chains?: BundleTrust['chains'];
}

/**
 * Checks a bundle from record to transaction: no network, no node. Never throws for the bundle.
 *
 * @param bundle whatever was read from a file
 * @throws bad_encoding for keys and policies that cannot be read
 * @example verifyEvidenceBundle(JSON.parse(text), { pinned }).steps
 */
export function verifyEvidenceBundle(
  bundle: unknown,
  { pinned, policy, chains }: EvidenceTrust,
): BundleVerification {
  const trust: BundleTrust = {
    pinned: pinned.publicKeys.map((key) => ({ logId: pinned.logId, publicKey: fromHex(key) })),
    coSigners: (pinned.coSignerKeys ?? []).map((key) => parseCoSignerKey(key, sha256)),
    policy: policy === undefined ? undefined : parseTrustPolicy(policy, sha256),
    chains,
    checkTally: recomputeTally,
  };
  return verifyBundle(bundle, trust, { sha256, verifyEd25519, verifyMlDsa44, bls, keccak256: keccak_256 });
}
