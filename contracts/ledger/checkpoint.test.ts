import { assert, suite } from '../../test/harness.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../runtime/kernel/crypto/ed25519.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { toBase64, toHex } from './bytes.ts';
import {
  checkpointText,
  encodeLogKey,
  keyHash,
  parseCheckpointText,
  parseLogKey,
  parseNote,
  signNote,
  verifyNote,
  type CheckpointBody,
} from './checkpoint.ts';

const test = suite('checkpoints (C2SP tlog-checkpoint, signed-note)');
const crypto = { sha256, verifyEd25519 };
const clock = { monotonicMs: () => 0, wallMs: () => 0, setTimer: () => ({ cancel: () => {} }) };

// The example of Go's golang.org/x/mod/sumdb/note, from which C2SP signed-note is taken.
const GO_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_NOTE =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n" +
  '\n' +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2' +
  'pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const body: CheckpointBody = {
  logId: 'witan.example/log',
  size: 42,
  root: 'ab'.repeat(32),
  chainHash: `sha256:${'cd'.repeat(32)}`,
};

function signed(seed = 'a'): { note: string; key: { logId: string; publicKey: Uint8Array } } {
  const keys = new MemoryKeys({ clock, seed });
  const { keyId, publicKey } = keys.active('checkpoint');
  const key = { logId: body.logId, publicKey };
  const note = signNote(checkpointText(body), key, { sha256, sign: (message) => keys.sign(keyId, message) });
  return { note, key };
}

test('the published example of a signed note verifies', () => {
  const key = parseLogKey(GO_KEY, sha256);
  assert.is(encodeLogKey(key, sha256), GO_KEY);
  assert.is(toHex(keyHash(key, sha256)), 'c74f20a3');
  assert.ok(verifyNote(parseNote(GO_NOTE), key, crypto));
  assert.not.ok(verifyNote(parseNote(GO_NOTE.replace('answer', 'Answer')), key, crypto));
});

test('a checkpoint is origin, size, root and chain, one a line', () => {
  const text = checkpointText(body);
  assert.is(
    text,
    `witan.example/log\n42\n${toBase64(Buffer.from(body.root, 'hex'))}\nwitan-chain ${body.chainHash}\n`,
  );
  assert.equal(parseCheckpointText(text), body);
});

test('a note verifies under its key and under no other', () => {
  const { note, key } = signed();
  const parsed = parseNote(note);
  assert.equal(parseCheckpointText(parsed.text), body);
  assert.ok(verifyNote(parsed, key, crypto));
  assert.not.ok(verifyNote(parsed, signed('b').key, crypto));
  assert.not.ok(verifyNote(parsed, { ...key, logId: 'witan.example/other' }, crypto));
});

test('signatures of other keys beside ours are carried and ignored', () => {
  const { note, key } = signed();
  const other = GO_NOTE.slice(GO_NOTE.indexOf('— '));
  assert.ok(verifyNote(parseNote(note + other), key, crypto));
  assert.is(parseNote(note + other).signatures.length, 2);
});

test('refuses every other spelling of a checkpoint', () => {
  const text = checkpointText(body);
  const wrong = [
    text.slice(0, -1),
    `${text}more\n`,
    text.replace('\n42\n', '\n042\n'),
    text.replace('\n42\n', '\n-1\n'),
    text.replace('\n42\n', '\n9007199254740993\n'),
    text.replace('witan.example/log', 'with space'),
    text.replace('witan.example/log', ''),
    text.replace('witan-chain', 'chain'),
    text.replace(toBase64(Buffer.from(body.root, 'hex')), 'AAAA'),
    text.replaceAll('\n', '\r\n'),
  ];
  for (const [at, spelling] of wrong.entries()) {
    assert.throws(
      () => parseCheckpointText(spelling),
      (error: { code?: string }) => error.code === 'bad_encoding',
      `${at}`,
    );
  }
});

test('refuses malformed notes', () => {
  const { note } = signed();
  const wrong = [
    note.slice(0, -1),
    note.replace('\n\n', '\n'),
    note.replace('— ', '- '),
    note.replace(/ \S+\n$/, ' AAAA\n'),
    note.replace(/=\n$/, '\n'),
    `${note}\u0007\n`,
    note + GO_NOTE.slice(GO_NOTE.indexOf('— ')).repeat(16),
    `${'x'.repeat(70_000)}\n\n— a AAAAAAAA\n`,
  ];
  for (const [at, spelling] of wrong.entries()) {
    assert.throws(
      () => parseNote(spelling),
      (error: { code?: string }) => error.code === 'bad_encoding',
      `${at}`,
    );
  }
});

test('refuses names that a signature line cannot carry', () => {
  for (const logId of ['', 'a b', 'a+b', 'a\nb', 'x'.repeat(201), 'a\u200bb']) {
    assert.throws(
      () => checkpointText({ ...body, logId }),
      (error: { code?: string }) => error.code === 'invalid_argument',
    );
  }
});

test('refuses a published key whose hash does not fit', () => {
  assert.throws(() => parseLogKey(GO_KEY.replace('c74f20a3', 'c74f20a4'), sha256));
  assert.throws(() => parseLogKey(GO_KEY.replace('+ARpc', '+BRpc'), sha256));
});
