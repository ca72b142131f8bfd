/** The check itself: whatever was read, against what the reader pinned, on cryptography that runs anywhere. */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { verifyBundle } from '../../../contracts/bundle/verify-bundle.ts';
import { blsVerifier } from '../../../contracts/ledger/aggregate/bls-verifier.ts';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { parseCoSignerKey } from '../../../contracts/ledger/co-signature.ts';
import { strictEd25519 } from '../../../contracts/ledger/strict-ed25519.ts';
import { parseTrustPolicy } from '../../../contracts/ledger/tlog/trust-policy.ts';
import { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import { verifyTally } from '../../../council/tally/verify-tally.ts';

const crypto = {
  sha256: (bytes) => sha256(bytes),
  keccak256: (bytes) => keccak_256(bytes),
  verifyEd25519: strictEd25519(ed25519.Point, sha512),
  bls: blsVerifier(bls12_381),
  verifyMlDsa44(publicKey, message, signature) {
    try {
      return ml_dsa44.verify(signature, message, publicKey);
    } catch {
      return false;
    }
  },
};

/**
 * Checks the text of a bundle, or of a decision's proof alone.
 * @throws Error with a sentence for the reader when something that they pinned cannot be read
 */
export function checked(text, pins) {
  const input = parsed(text, 'the evidence');
  const bundle =
    input?.format === 'witan-decision-proof/1'
      ? { format: 'witan-bundle/1', decision: input, witnessed: null, anchors: [] }
      : input;
  const key = pinnedKey(pins.key, bundle?.decision?.final?.logId);
  const trust = {
    pinned: key.publicKeys.map((digits) => ({ logId: key.logId, publicKey: fromHex(digits) })),
    coSigners: (key.coSignerKeys ?? []).map((line) => parseCoSignerKey(line, crypto.sha256)),
    policy: pins.policy === '' ? undefined : parseTrustPolicy(pins.policy, crypto.sha256),
    chains: chains(pins),
    checkTally(terms, { body, ballots, superseded }) {
      const { outcome, heldReason, rounds, tally } = body;
      return verifyTally(terms, { outcome, heldReason, rounds, tally, ballots, superseded })[0];
    },
  };
  return { ...verifyBundle(bundle, trust, crypto), bundle };
}

function pinnedKey(text, logId) {
  const key = text.trim();
  if (/^[0-9a-f]{64}$/i.test(key)) return { logId: logId ?? '', publicKeys: [key.toLowerCase()] };
  const file = PinnedKey.safeParse(key === '' ? undefined : parsed(key, 'the key'));
  if (file.success) return file.data;
  throw new Error('The public key is 64 hex digits, or the text of a verify-key.json.');
}

function chains({ chainId, contract, blockHash }) {
  if (chainId === '' && contract === '' && blockHash === '') return undefined;
  const isWhole = /^[1-9]\d{0,14}$/.test(chainId) && /^0x[0-9a-f]{40}$/i.test(contract);
  if (!isWhole || (blockHash !== '' && !/^0x[0-9a-f]{64}$/i.test(blockHash))) {
    throw new Error('A chain is its number and the contract’s address; a block is 0x and 64 hex digits.');
  }
  const block = blockHash === '' ? {} : { blockHash: blockHash.toLowerCase() };
  return [{ chainId: Number(chainId), contract, ...block }];
}

function parsed(text, what) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`Not JSON: ${what}.`);
  }
}
