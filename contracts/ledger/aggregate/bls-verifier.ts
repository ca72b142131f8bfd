/**
 * BLS signatures on BLS12-381 with keys in G1 (48 bytes) and signatures in G2 (96 bytes): what a verifier
 * needs, on the points of a library.
 *
 * @source draft-irtf-cfrg-bls-signature-05 §2.5 (KeyValidate), §3.3 (proof of possession,
 *   FastAggregateVerify), §4.2.3 (ciphersuite)
 */
import { toHex } from '../bytes.ts';
import type { BlsVerifier } from '../crypto.ts';

/** Domain of signatures. */
export const BLS_SIGNATURE_DOMAIN = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
/** Domain of proofs of possession: no signature over a key is one. */
export const BLS_POSSESSION_DOMAIN = 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';

/** Keys whose proof held are remembered: seats keep theirs for months, and each proof costs two pairings. */
const REMEMBERED_MAX_COUNT = 4_096;

/** What is used of a point of either group. */
export interface BlsPoint {
  /** @throws for a point off the curve or outside the subgroup of prime order */
  assertValidity(): void;
  /** Whether it is the point at infinity. */
  is0(): boolean;
}

/** BLS12-381 as @noble/curves has it: `K` are points of keys, `S` those of signatures. */
export interface BlsCurve<K extends BlsPoint, S extends BlsPoint> {
  readonly G1: { readonly Point: { fromBytes(bytes: Uint8Array): K } };
  readonly longSignatures: {
    readonly Signature: { fromBytes(bytes: Uint8Array): S };
    hash(message: Uint8Array, domain?: string): S;
    verify(signature: NoInfer<S>, message: NoInfer<S>, publicKey: NoInfer<K>): boolean;
    aggregatePublicKeys(publicKeys: NoInfer<K>[]): NoInfer<K>;
  };
}

/** The verifier on this curve; it remembers which keys proved their possession. */
export function blsVerifier<K extends BlsPoint, S extends BlsPoint>(curve: BlsCurve<K, S>): BlsVerifier {
  const { longSignatures: scheme } = curve;
  const proven = new Set<string>();
  const hashed = (message: Uint8Array, domain: string): S => scheme.hash(Uint8Array.from(message), domain);
  const keyAt = (bytes: Uint8Array): K =>
    valid(curve.G1.Point.fromBytes(checkedLength(bytes, PUBLIC_KEY_BYTES)));
  const signatureAt = (bytes: Uint8Array): S =>
    valid(scheme.Signature.fromBytes(checkedLength(bytes, SIGNATURE_BYTES)));
  return {
    verify: (publicKey, message, signature) =>
      holds(() =>
        scheme.verify(signatureAt(signature), hashed(message, BLS_SIGNATURE_DOMAIN), keyAt(publicKey)),
      ),
    verifyPossession(publicKey, proof) {
      const name = `${toHex(publicKey)} ${toHex(proof)}`;
      if (proven.has(name)) return true;
      const isHeld = holds(() =>
        scheme.verify(signatureAt(proof), hashed(publicKey, BLS_POSSESSION_DOMAIN), keyAt(publicKey)),
      );
      if (isHeld && proven.size < REMEMBERED_MAX_COUNT) proven.add(name);
      return isHeld;
    },
    verifyTogether: (publicKeys, message, signature) =>
      publicKeys.length > 0 &&
      holds(() => {
        // Keys that cancel each other out would leave the point at infinity, which anybody signs for.
        const sum = valid(scheme.aggregatePublicKeys(publicKeys.map(keyAt)));
        return scheme.verify(signatureAt(signature), hashed(message, BLS_SIGNATURE_DOMAIN), sum);
      }),
  };
}

const PUBLIC_KEY_BYTES = 48;
const SIGNATURE_BYTES = 96;

/** Libraries also read the uncompressed form; one key has one spelling here. */
function checkedLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes`);
  return Uint8Array.from(bytes);
}

/** On the curve, in the subgroup, and not the point at infinity, which anybody can make. */
function valid<P extends BlsPoint>(point: P): P {
  point.assertValidity();
  if (point.is0()) throw new RangeError('the point at infinity');
  return point;
}

function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
