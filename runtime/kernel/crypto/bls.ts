/**
 * The BLS verifier for aggregates of ballots, pinned like those for Ed25519 and ML-DSA-44.
 *
 * Loaded when the first aggregate is checked: a reader of records without any never loads it.
 */
import { createRequire } from 'node:module';
import {
  blsVerifier,
  type BlsCurve,
  type BlsPoint,
} from '../../../contracts/ledger/aggregate/bls-verifier.ts';
import type { BlsVerifier } from '../../../contracts/ledger/crypto.ts';

let loaded: BlsVerifier | undefined;

/** Checks of BLS12-381 with keys in G1 and signatures in G2; proofs of possession that held are remembered. */
export const bls: BlsVerifier = {
  verify: (publicKey, message, signature) => verifier().verify(publicKey, message, signature),
  verifyPossession: (publicKey, proof) => verifier().verifyPossession(publicKey, proof),
  verifyTogether: (keys, message, signature) => verifier().verifyTogether(keys, message, signature),
};

function verifier(): BlsVerifier {
  // Verification is synchronous everywhere, so this cannot be an import() (Node 20.19 requires ES modules).
  loaded ??= blsVerifier(
    (
      createRequire(import.meta.url)('@noble/curves/bls12-381.js') as {
        readonly bls12_381: BlsCurve<BlsPoint, BlsPoint>;
      }
    ).bls12_381,
  );
  return loaded;
}
