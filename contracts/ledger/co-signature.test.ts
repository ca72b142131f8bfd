/** ML-DSA-44 co-signatures of checkpoints (C2SP tlog-cosignature). */
import { createHash } from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { assert, suite } from '../../test/harness.ts';
import { assertFails } from '../../test/conformance/fixture.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { verifyMlDsa44 } from '../../runtime/kernel/crypto/ml-dsa-44.ts';
import { toHex } from './bytes.ts';
import { checkpointText, parseNote, signNote, verifyNote } from './checkpoint.ts';
import {
  coSignedMessage,
  coSignNote,
  encodeCoSignerKey,
  parseCoSignerKey,
  verifyCoSignature,
  type CoSigner,
} from './co-signature.ts';

const test = suite('co-signatures of checkpoints', { limitMs: 20_000 });
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const crypto = { sha256, verifyEd25519, verifyMlDsa44 };
const pair = ml_dsa44.keygen(new Uint8Array(32).fill(5));
const body = {
  logId: 'witan/test',
  size: 20_852_163,
  root: '0ac518069a8603e29dd9080801400b8a'.repeat(2),
  chainHash: `sha256:${'ab'.repeat(32)}`,
};
const key = { name: body.logId, publicKey: pair.publicKey };
const coSigner = (timestampS = 0): CoSigner => ({
  key,
  sha256,
  timestampS,
  sign: (message) => ml_dsa44.sign(message, pair.secretKey),
});
const logKey = { logId: body.logId, publicKey: new Uint8Array(32) };
const note = (): string =>
  signNote(checkpointText(body), logKey, { sha256, sign: () => new Uint8Array(64).fill(1) });

test('C2SP tlog-cosignature: the message is label, names, times and hash in the stated encoding', () => {
  const message = coSignedMessage('w.example/1', { ...body, logId: 'a.example', size: 258 }, 1_679_315_147);
  const expected =
    '737562747265652f76310a00' + // subtree/v1, newline, zero
    '0b772e6578616d706c652f31' + // length and name of the co-signer
    (1_679_315_147).toString(16).padStart(16, '0') +
    '09612e6578616d706c65' + // length and origin
    '0000000000000000' + // start
    '0000000000000102' + // end
    body.root;
  assert.is(toHex(message), expected);
});

test('a co-signed note holds under both keys, and the first signature is untouched', () => {
  const signed = coSignNote(note(), body, coSigner());
  assert.ok(signed.startsWith(note()));
  const parsed = parseNote(signed);
  assert.is(parsed.signatures.length, 2);
  assert.is(parsed.signatures[1]!.signature.length, 2_428);
  assert.ok(verifyCoSignature(parsed, key, crypto));
  assert.ok(verifyCoSignature(parseNote(coSignNote(note(), body, coSigner(1_679_315_147))), key, crypto));
  assert.not(verifyNote(parsed, logKey, crypto), 'the note’s own signature is made up here');
});

test('another size, root, log, time or key does not hold', () => {
  const signed = coSignNote(note(), body, coSigner());
  const line = signed.slice(note().length);
  for (const change of [{ size: 1 }, { root: 'cd'.repeat(32) }, { logId: 'witan/other' }]) {
    const other = `${checkpointText({ ...body, ...change })}\n${line}`;
    assert.not(verifyCoSignature(parseNote(other), key, crypto), JSON.stringify(change));
  }
  const foreign = { ...key, publicKey: ml_dsa44.keygen(new Uint8Array(32).fill(6)).publicKey };
  assert.not(verifyCoSignature(parseNote(signed), foreign, crypto));
  assert.not(verifyCoSignature(parseNote(signed), { ...key, name: 'other' }, crypto));
  const timed = parseNote(signed);
  timed.signatures[1]!.signature[7]! ^= 1;
  assert.not(verifyCoSignature(timed, key, crypto));
  assert.not(verifyCoSignature(parseNote(note()), key, crypto), 'a note without one');
});

test('without a verifier of the platform nothing holds', () => {
  const parsed = parseNote(coSignNote(note(), body, coSigner()));
  assert.not(verifyCoSignature(parsed, key, { sha256, verifyEd25519 }));
});

test('a second line of the same key that does not verify spoils the note', () => {
  const good = coSignNote(note(), body, coSigner());
  const bad = coSignNote(good, body, { ...coSigner(), sign: () => new Uint8Array(2_420) });
  assert.not(verifyCoSignature(parseNote(bad), key, crypto));
});

test('the key in its text form comes back; a changed one is refused', async () => {
  const text = encodeCoSignerKey(key, sha256);
  assert.match(text, /^witan\/test\+[0-9a-f]{8}\+B[g-v]/);
  const back = parseCoSignerKey(`${text}\n`, sha256);
  assert.is(back.name, key.name);
  assert.equal([...back.publicKey], [...key.publicKey]);
  for (const wrong of ['x', text.replace('test', 'tesd'), text.slice(0, -4), text.replace(/\+B[g-v]/, '+AQ')])
    await assertFails(() => parseCoSignerKey(wrong, sha256), 'bad_encoding');
});

test('the extension line is not under the co-signature, as the standard says', () => {
  const signed = coSignNote(note(), body, coSigner());
  const other = signed.replace('ab'.repeat(32), 'cd'.repeat(32));
  assert.ok(verifyCoSignature(parseNote(other), key, crypto));
});
