import { assert, suite } from '../../../test/harness.ts';
import { sha256 } from './digest.ts';
import { verifyEd25519 } from './ed25519.ts';

const test = suite('SHA-256 and Ed25519 of a node');
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

test('FIPS 180-4: SHA-256 of abc', () => {
  const digest = Buffer.from(sha256(Buffer.from('abc'))).toString('hex');
  assert.is(digest, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

// RFC 8032 §7.1, tests 1 to 3.
const VECTORS = [
  {
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

test('RFC 8032 §7.1: signatures verify, and not for another message', () => {
  for (const { key, message, signature } of VECTORS) {
    assert.ok(verifyEd25519(hex(key), hex(message), hex(signature)));
    assert.not.ok(verifyEd25519(hex(key), hex(`${message}00`), hex(signature)));
  }
});

test('one answer on every Node: points of small order and ordinates of at least p are refused', () => {
  const message = new Uint8Array(1);
  const ordinates = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    `ff${'ff'.repeat(30)}7f`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ];
  // R = A = identity and S = 0: OpenSSL 3.0 takes this for any message.
  const identity = hex(ordinates[1]!);
  assert.not.ok(verifyEd25519(identity, message, Buffer.concat([identity, new Uint8Array(32)])));
  const { key, signature } = VECTORS[0]!;
  for (const ordinate of ordinates) {
    for (const sign of [0x00, 0x80]) {
      const point = hex(ordinate);
      point[31]! |= sign;
      assert.not.ok(verifyEd25519(point, message, hex(signature)));
      assert.not.ok(verifyEd25519(hex(key), message, Buffer.concat([point, hex(signature).subarray(32)])));
    }
  }
});

test('refuses malformed keys and signatures without throwing', () => {
  const { key, signature } = VECTORS[0]!;
  const message = new Uint8Array(0);
  assert.not.ok(verifyEd25519(hex(key).subarray(1), message, hex(signature)));
  assert.not.ok(verifyEd25519(hex(key), message, hex(signature).subarray(1)));
  assert.not.ok(verifyEd25519(hex('02'.padEnd(64, '0')), message, hex(signature)));
  // S + L is the same point: accepting it would give a second signature for one ballot (RFC 8032 §5.1.7).
  const malleable = hex(signature);
  const order = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
  let carry = 0;
  for (let at = 0; at < 32; at += 1) {
    const sum = malleable[32 + at]! + order[at]! + carry;
    malleable[32 + at] = sum & 0xff;
    carry = sum >> 8;
  }
  assert.not.ok(verifyEd25519(hex(key), message, malleable));
});
