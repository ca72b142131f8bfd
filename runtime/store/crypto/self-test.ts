/**
 * Known answers that a scheme must give before anybody gets it: published keys and signatures, a signature of
 * its own that holds, a changed one that does not, and agreement with an independent implementation.
 */
import { createHash } from 'node:crypto';
import { equalBytes, fromHex, toHex } from '../../../contracts/ledger/bytes.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { AeadScheme, KemScheme, SignatureScheme } from '../../kernel/ports/crypto/crypto-provider.ts';
import { algorithmInfo } from './catalogue.ts';
import { KNOWN_KEYS } from './known-keys.ts';
import { KNOWN_GCM, KNOWN_SIGNATURES } from './known-signatures.ts';
import { nobleKem, nobleSigner } from './backends/noble-post-quantum.ts';

const MESSAGE = new TextEncoder().encode('witan crypto self-test');

/** Tests a signature. @returns what held @throws Error that names the first thing that did not */
export async function testSignature(scheme: SignatureScheme): Promise<string> {
  const held = [...knownSignature(scheme), ...knownKey(scheme)];
  // A signature of these takes seconds: at a start their key generation alone is tested.
  if (isSlow(scheme)) return [...held, 'key generation alone'].join(', ');
  const key = scheme.keyFromSeed(seedFor(scheme));
  const signature = key.sign(MESSAGE);
  need(scheme.verify(key.publicKey, MESSAGE, signature), 'its own signature does not verify');
  const changed = Uint8Array.from(MESSAGE);
  changed[0]! ^= 1;
  need(!scheme.verify(key.publicKey, changed, signature), 'a signature verifies for another message');
  const broken = Uint8Array.from(signature);
  broken[broken.length >> 1]! ^= 1;
  need(!scheme.verify(key.publicKey, MESSAGE, broken), 'a changed signature verifies');
  held.push('signs and refuses');
  const other = scheme.backend === 'noble-post-quantum' ? undefined : await nobleSigner(scheme.algorithm);
  if (other === undefined) return held.join(', ');
  need(other.verify(signature, MESSAGE, key.publicKey), 'another library refuses its signature');
  const { secretKey } = other.keygen(seedFor(scheme));
  need(
    scheme.verify(key.publicKey, MESSAGE, other.sign(MESSAGE, secretKey)),
    "it refuses another's signature",
  );
  return [...held, 'agrees with noble-post-quantum'].join(', ');
}

/** Tests a KEM. @returns what held @throws Error */
export async function testKem(scheme: KemScheme): Promise<string> {
  const held = knownKey(scheme);
  const seed = seedFor(scheme);
  const key = scheme.keyFromSeed(seed);
  const { ciphertext, sharedSecret } = scheme.encapsulate(key.publicKey);
  need(equalBytes(key.decapsulate(ciphertext), sharedSecret), 'two sides derive two secrets');
  held.push('two sides agree');
  if (scheme.algorithm !== 'x-wing') {
    const foreign = new Uint8Array(ciphertext.length);
    // FIPS 203 algorithm 18, line 7: what a ciphertext that was not made for the key gives.
    const rejected = createHash('shake256', { outputLength: 32 })
      .update(seed.subarray(32))
      .update(foreign)
      .digest();
    need(equalBytes(key.decapsulate(foreign), rejected), 'implicit rejection gives another secret');
    held.push('implicit rejection');
  }
  if (scheme.backend === 'noble-post-quantum') return held.join(', ');
  const other = await nobleKem(scheme.algorithm);
  const theirs = other!.encapsulate(key.publicKey);
  need(
    equalBytes(key.decapsulate(theirs.cipherText), theirs.sharedSecret),
    'it disagrees with another library',
  );
  return [...held, 'agrees with noble-post-quantum'].join(', ');
}

/** Tests an AEAD. @returns what held @throws Error */
export async function testAead(scheme: AeadScheme): Promise<string> {
  const binding = { key: new Uint8Array(32), nonce: new Uint8Array(12), associated: new Uint8Array(0) };
  const sealed = scheme.seal(new Uint8Array(16), binding);
  need(toHex(sealed) === KNOWN_GCM, 'another ciphertext than McGrew and Viega test case 14');
  need(equalBytes(scheme.open(sealed, binding), new Uint8Array(16)), 'it does not open what it sealed');
  sealed[0]! ^= 1;
  need(!opens(scheme, sealed, binding), 'it opens changed bytes');
  return 'McGrew and Viega test case 14, refuses changed bytes';
}

function opens(scheme: AeadScheme, sealed: Uint8Array, binding: Parameters<AeadScheme['open']>[1]): boolean {
  try {
    scheme.open(sealed, binding);
    return true;
  } catch {
    return false;
  }
}

function knownSignature(scheme: SignatureScheme): string[] {
  const known = KNOWN_SIGNATURES[scheme.algorithm];
  if (!known) return [];
  const publicKey = fromHex(known.publicKey);
  if (known.seed !== undefined) {
    const made = scheme.keyFromSeed(fromHex(known.seed)).publicKey;
    need(equalBytes(made, publicKey), `another public key than ${known.source}`);
  }
  const verifies = scheme.verify(publicKey, known.message, fromHex(known.signature));
  need(verifies, `the signature of ${known.source} does not verify`);
  return [known.source];
}

function knownKey(scheme: SignatureScheme | KemScheme): string[] {
  const known = KNOWN_KEYS[scheme.algorithm];
  if (!known) return [];
  const { publicKey } = scheme.keyFromSeed(fromHex(known.seed));
  need(toHex(sha256(publicKey)) === known.publicKeyDigest, `another public key than ${known.source}`);
  return [known.source];
}

function seedFor({ algorithm }: SignatureScheme | KemScheme): Uint8Array {
  const known = KNOWN_KEYS[algorithm];
  if (known) return fromHex(known.seed);
  return Uint8Array.from({ length: algorithmInfo(algorithm).seedBytes }, (_, at) => at + 1);
}

function isSlow({ algorithm }: SignatureScheme): boolean {
  return algorithm.startsWith('slh-dsa') && (algorithm.endsWith('s') || algorithm.includes('shake'));
}

function need(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
