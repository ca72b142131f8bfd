/** Vectors of C2SP CCTV, Falcon round 3, X-Wing and other hybrids, RFC 6979 and BIP-340 on secp256k1. */
import { createCipheriv, createHash } from 'node:crypto';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { falcon1024, falcon512 } from '@noble/post-quantum/falcon.js';
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { assert, suite } from '../../../test/harness.ts';
import { absenceOf, digits, hex, katJson, katText } from '../../../test/vectors/kat.ts';
import { holds } from './backend.ts';
import { liboqsKem, liboqsSigner } from './backends/liboqs.ts';
import { nobleCurvesBackend } from './backends/noble-curves.ts';
import { nobleKem } from './backends/noble-post-quantum.ts';
import { nodeBackend } from './backends/node-backend.ts';
import { openCrypto } from './open-crypto.ts';

const test = suite('published vectors', { limitMs: 60_000 });
const absence = absenceOf('cctv') ?? absenceOf('hybrid') ?? absenceOf('falcon') ?? absenceOf('secp256k1');
const text = new TextEncoder();

if (absence !== undefined) {
  test.skip('CCTV, Falcon, hybrids, secp256k1', absence);
} else {
  test('CCTV ed25519vectors: of 914 edge cases the pinned verifier takes 43, noble 212, on every Node', async () => {
    interface Case {
      readonly number: number;
      readonly key: string;
      readonly sig: string;
      readonly msg: string;
      readonly flags: readonly string[] | null;
    }
    const cases = katJson<Case[]>('cctv/ed25519vectors.json');
    const node = (await nodeBackend().signature('ed25519'))!;
    const noble = (await nobleCurvesBackend().signature('ed25519'))!;
    let [byNode, byNoble] = [0, 0];
    const taken = createHash('sha256');
    for (const { number, key, msg, sig, flags } of cases) {
      const one = node.verify(hex(key), text.encode(msg), hex(sig));
      const other = noble.verify(hex(key), text.encode(msg), hex(sig));
      byNode += Number(one);
      if (one) taken.update(`${number} `);
      byNoble += Number(other);
      // Noble multiplies by the cofactor, so it takes residues of small order, and R of small order.
      assert.ok(other || !one, `${flags}`);
      if (other && !one)
        assert.ok(
          flags?.some((flag) => /^low_order_(residue|R)$/.test(flag)),
          `${flags}`,
        );
    }
    assert.equal([cases.length, byNode, byNoble], [914, 43, 212]);
    // The very same cases on OpenSSL 3.0 and 3.5, not merely as many.
    assert.is(taken.digest('hex').slice(0, 16), '63f4f608982e6450');
  });

  test('CCTV ML-KEM strcmp: all three sets, on noble-post-quantum and liboqs', async () => {
    for (const size of [512, 768, 1_024] as const) {
      const field = (name: string): Uint8Array =>
        hex(new RegExp(`^${name} = ([0-9a-f]+)$`, 'm').exec(katText(`cctv/ML-KEM-${size}.strcmp.txt`))![1]!);
      const [noble, liboqs] = [await nobleKem(`ml-kem-${size}`), await liboqsKem(`ml-kem-${size}`)];
      for (const kem of [noble!, liboqs!])
        assert.is(digits(kem.decapsulate(field('c'), field('dk'))), digits(field('K')));
    }
  });

  test('CCTV accumulated ML-DSA-44: 100 keys and deterministic signatures', () => {
    const seeds = createHash('shake128', { outputLength: 3_200 }).digest();
    const all = createHash('shake128', { outputLength: 32 });
    for (let at = 0; at < 100; at += 1) {
      const { publicKey, secretKey } = ml_dsa44.keygen(
        Uint8Array.from(seeds.subarray(at * 32, at * 32 + 32)),
      );
      all.update(publicKey);
      all.update(ml_dsa44.sign(new Uint8Array(0), secretKey, { extraEntropy: false }));
    }
    assert.is(all.digest('hex'), 'd51148e1f9f4fa1a723a6cf42e25f2a99eb5c1b378b3d2dbbd561b1203beeae4');
  });

  test('Falcon round 3: 10 and 5 signatures open; liboqs takes the same ones; key generation is replayed', async () => {
    for (const [name, falcon, count] of [
      ['512', falcon512, 10],
      ['1024', falcon1024, 5],
    ] as const) {
      const liboqs = (await liboqsSigner(`falcon-${name}`))!;
      const cases = katText(`falcon/falcon${name}-KAT.first${count}.rsp`)
        .split(/\n\n(?=count)/)
        .slice(1);
      assert.is(cases.length, count);
      for (const [at, one] of cases.entries()) {
        const field = (key: string): Uint8Array =>
          hex(new RegExp(`^${key} = ([0-9A-F]+)$`, 'm').exec(one)![1]!);
        const [message, key, signed] = [field('msg'), field('pk'), field('sm')];
        assert.is(digits(falcon.attached.open(signed, key)), digits(message));
        const detached = detach(signed, message.length, name === '512' ? 9 : 10);
        assert.ok(falcon.verify(detached, message, key));
        assert.ok(liboqs.verify(message, detached, key));
        message[0]! ^= 1;
        assert.not(holds(() => liboqs.verify(message, detached, key)));
        if (at > 0) continue;
        assert.is(digits(falcon.keygen(drbg(field('seed'))(48)).publicKey), digits(key));
      }
    }
  });

  test('X-Wing: 3 vectors, on noble and composed over ML-KEM-768 and X25519', async () => {
    interface Case {
      readonly seed: string;
      readonly eseed: string;
      readonly pk: string;
      readonly ct: string;
      readonly ss: string;
    }
    const cases = katJson<Case[]>('hybrid/x-wing.json');
    const composed = await openCrypto({ postQuantum: true }).kem('x-wing');
    assert.is.not(composed.backend, 'noble-post-quantum');
    for (const { seed, eseed, pk, ct, ss } of cases) {
      const key = composed.keyFromSeed(hex(seed));
      assert.is(digits(key.publicKey), pk);
      assert.is(digits(key.decapsulate(hex(ct))), ss);
      const noble = ml_kem768_x25519.encapsulate(hex(pk), hex(eseed));
      assert.equal([digits(noble.cipherText), digits(noble.sharedSecret)], [ct, ss]);
    }
    assert.is(cases.length, 3);
  });

  test('concrete hybrid MLKEM768-X25519: 10 vectors', async () => {
    interface Case {
      readonly seed: string;
      readonly randomness: string;
      readonly pk: string;
      readonly ct: string;
      readonly ss: string;
    }
    const cases = katJson<Case[]>('hybrid/concrete-hybrid-MLKEM768X25519.json');
    const composed = await openCrypto({ postQuantum: true }).kem('x-wing');
    for (const { seed, randomness, pk, ct, ss } of cases) {
      const key = composed.keyFromSeed(hex(seed));
      assert.equal([digits(key.publicKey), digits(key.decapsulate(hex(ct)))], [pk, ss]);
      const noble = ml_kem768_x25519.encapsulate(hex(pk), hex(randomness));
      assert.equal([digits(noble.cipherText), digits(noble.sharedSecret)], [ct, ss]);
    }
    assert.is(cases.length, 10);
  });

  test('RFC 6979 on secp256k1: 10 nonces', () => {
    const cases = katJson<{ message: string; d: string; k0: string }[]>('secp256k1/rfc6979.json');
    for (const { message, d, k0 } of cases) {
      const signature = secp256k1.sign(text.encode(message), hex(d), { prehash: true, format: 'compact' });
      // r is the abscissa of the nonce's point.
      const point = secp256k1.getPublicKey(hex(k0), true);
      assert.is(digits(signature.subarray(0, 32)), digits(point.subarray(1)));
    }
    assert.is(cases.length, 10);
  });

  test('BIP-340: the Schnorr vectors; the provider does not offer Schnorr', () => {
    const rows = katText('secp256k1/bip340-schnorr.csv').trim().split(/\r?\n/).slice(1);
    for (const row of rows) {
      const [index, , key, , message, signature, result] = row.split(',');
      const verdict = holds(() => schnorr.verify(hex(signature!), hex(message!), hex(key!)));
      assert.is(verdict, result === 'TRUE', `vector ${index}`);
    }
    assert.ok(rows.length >= 15, `${rows.length}`);
  });
}

/** The attached form holds length, nonce, message, signature; the detached one header, nonce, signature. */
function detach(signed: Uint8Array, messageLength: number, logDegree: number): Uint8Array {
  const nonce = signed.subarray(2, 42);
  const compressed = signed.subarray(42 + messageLength + 1);
  return Uint8Array.of(0x30 + logDegree, ...nonce, ...compressed);
}

/** The generator that NIST's known-answer files were made with: AES-256-CTR DRBG without reseeding. */
function drbg(entropy: Uint8Array): (length: number) => Uint8Array {
  let [key, counter] = [new Uint8Array(32), new Uint8Array(16)];
  const blocks = (count: number): Uint8Array => {
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const out: Buffer[] = [];
    for (let at = 0; at < count; at += 1) {
      for (let byte = 15; byte >= 0; byte -= 1) {
        counter[byte]! += 1;
        if (counter[byte] !== 0) break;
      }
      out.push(cipher.update(counter));
    }
    return Uint8Array.from(Buffer.concat(out));
  };
  const update = (input: Uint8Array): void => {
    const mixed = blocks(3).map((byte, at) => byte ^ input[at]!);
    key = mixed.slice(0, 32);
    counter = mixed.slice(32);
  };
  update(entropy);
  return (length) => {
    const bytes = blocks(Math.ceil(length / 16)).slice(0, length);
    update(new Uint8Array(48));
    return bytes;
  };
}
