import { generateKeyPairSync, sign } from 'node:crypto';
import { assert, suite } from '../../../test/harness.ts';
import { verifyEd25519 } from './ed25519.ts';
import { noteOwnSignature, verifyOwnOrEd25519 } from './own-signatures.ts';

const test = suite('own signatures');

function signer() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  return { raw, sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)) };
}

test('a signature that was noted is not verified again', () => {
  const { raw } = signer();
  const message = Buffer.from('not signed by that key');
  // No signature at all: only the memory can call it valid.
  const signature = new Uint8Array(64).fill(7);
  assert.not(verifyOwnOrEd25519(raw, message, signature));
  noteOwnSignature(raw, message, signature);
  assert.ok(verifyOwnOrEd25519(raw, message, signature));
  assert.not(verifyEd25519(raw, message, signature));
});

test('whatever differs in one byte is verified, and fails', () => {
  const own = signer();
  const other = signer();
  const message = new Uint8Array(Buffer.from('a ballot'));
  const signature = own.sign(message);
  noteOwnSignature(own.raw, message, signature);
  const changed = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 3 ? byte ^ 1 : byte));
  assert.ok(verifyOwnOrEd25519(own.raw, message, signature));
  assert.not(verifyOwnOrEd25519(other.raw, message, signature));
  assert.not(verifyOwnOrEd25519(own.raw, changed(message), signature));
  assert.not(verifyOwnOrEd25519(own.raw, message, changed(signature)));
});

test('the message is kept as it was signed, whatever becomes of the buffer', () => {
  const { raw } = signer();
  const message = new Uint8Array([1, 2, 3]);
  const signature = new Uint8Array(64).fill(9);
  noteOwnSignature(raw, message, signature);
  message[0] = 4;
  assert.not(verifyOwnOrEd25519(raw, message, signature));
  assert.ok(verifyOwnOrEd25519(raw, new Uint8Array([1, 2, 3]), signature));
});

test('what another process signed, and what was forgotten, is verified', () => {
  const { raw, sign: signed } = signer();
  const message = Buffer.from('from elsewhere');
  const signature = signed(message);
  assert.ok(verifyOwnOrEd25519(raw, message, signature));
  const forgotten = new Uint8Array(64).fill(5);
  noteOwnSignature(raw, message, forgotten);
  for (let at = 0; at < 8_192; at += 1) {
    noteOwnSignature(
      raw,
      message,
      new Uint8Array(Uint32Array.of(at, 1, ...new Array<number>(14).fill(0)).buffer),
    );
  }
  assert.not(verifyOwnOrEd25519(raw, message, forgotten));
  const long = new Uint8Array(10_000);
  noteOwnSignature(raw, long, new Uint8Array(64).fill(6));
  assert.not(verifyOwnOrEd25519(raw, long, new Uint8Array(64).fill(6)));
});
