/**
 * Formats of C2SP: signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-policy, tlog-proof,
 * tlog-witness. Published examples are named where they stand.
 */
import fc from 'fast-check';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { assert, suite } from '../../../test/harness.ts';
import { assertFails } from '../../../test/conformance/fixture.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import { verifyMlDsa44 } from '../../../runtime/kernel/crypto/ml-dsa-44.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { toBase64, utf8 } from '../bytes.ts';
import { signNote } from '../checkpoint.ts';
import { MerkleTree } from '../tree/merkle-tree.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';
import { cosignatureLine } from './cosign.ts';
import { encodeNoteKey, NOTE_KEY_TYPES, noteKeyId, parseNoteKey, type NoteKey } from './note-key.ts';
import {
  cosignatureMessage,
  logSignatureState,
  parseOpenCheckpoint,
  signatureState,
} from './open-checkpoint.ts';
import { encodeTilePath, parseTilePath, tilesOf } from './tile-path.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts';
import { hasQuorum, parseTrustPolicy, witnessesOf } from './trust-policy.ts';

const test = suite('formats of transparency logs (C2SP)', { limitMs: 30_000 });
const crypto = { sha256, verifyEd25519, verifyMlDsa44 };
const clock = { monotonicMs: () => 0, wallMs: () => 0, setTimer: () => ({ cancel: () => {} }) };

function ed25519(name: string, type: NoteKey['type']): { key: NoteKey; sign: (m: Uint8Array) => Uint8Array } {
  const keys = new MemoryKeys({ clock, seed: name });
  const { keyId, publicKey } = keys.active('test');
  return { key: { name, type, publicKey }, sign: (message) => keys.sign(keyId, message) };
}

const log = ed25519('log.example/a', NOTE_KEY_TYPES.ed25519);

function signedText(origin: string, size: number, root: Uint8Array): string {
  const text = `${origin}\n${size}\n${toBase64(root)}\n`;
  return signNote(text, { logId: log.key.name, publicKey: log.key.publicKey }, { sha256, sign: log.sign });
}

test('signed-note: the published verifier key and note', () => {
  const text = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
  const key = parseNoteKey(text, sha256);
  assert.is(key.name, 'example.com/foo');
  assert.is(noteKeyId(key, sha256), '530d903a');
  assert.is(encodeNoteKey(key, sha256), text);
  for (const wrong of [
    text.replace('530d903a', '530d903b'),
    text.replace('+Aeky', '+Beky'),
    text.replace('foo', 'bar'),
    `${text}A`,
    text.replace('example.com/foo', 'a b'),
    '',
  ]) {
    assert.throws(() => parseNoteKey(wrong, sha256), wrong);
  }
});

test('tlog-checkpoint: the tree of the Go checksum database verifies under its published key', () => {
  const key = parseNoteKey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8', sha256);
  const note =
    'go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n— sum.golang.org ' +
    'Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n';
  const checkpoint = parseOpenCheckpoint(note);
  assert.is(checkpoint.origin, 'go.sum database tree');
  assert.is(checkpoint.size, 35_225_469);
  assert.equal(signatureState(checkpoint, key, crypto), { state: 'good', timestampS: 0 });
  const changed = parseOpenCheckpoint(note.replace('35225469', '35225470'));
  assert.is(signatureState(changed, key, crypto).state, 'bad');
});

test('tlog-checkpoint: one spelling; extension lines are opaque', () => {
  const root = sha256(utf8('root'));
  const note = signedText('log.example/a', 7, root);
  assert.equal(parseOpenCheckpoint(note).extensions, []);
  const more = note.replace('\n\n—', '\nsome extension\nmore\n\n—');
  assert.equal(parseOpenCheckpoint(more).extensions, ['some extension', 'more']);
  for (const wrong of [
    note.replace('\n7\n', '\n07\n'),
    note.replace('\n7\n', '\n-7\n'),
    note.replace('\n7\n', '\n9007199254740993\n'),
    note.replace('\n7\n', '\n\n'),
    note.replace('log.example/a\n', '\n'),
    note.replace(toBase64(root), toBase64(root.subarray(1))),
    note.replace(toBase64(root), `${toBase64(root)} `),
    note.replace('\n\n—', '\n\nx\n\n—'),
    note.slice(0, -1),
    note.replace('log', 'l\tog'),
  ]) {
    assert.throws(() => parseOpenCheckpoint(wrong), wrong);
  }
});

test('tlog-cosignature: message of the published example; Ed25519 and ML-DSA-44 lines verify', () => {
  const body = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
  const expected = `cosignature/v1\ntime 1679315147\n${body}`;
  assert.equal(cosignatureMessage(body, 1_679_315_147), utf8(expected));
  const pair = ml_dsa44.keygen(new Uint8Array(32).fill(9));
  const postQuantum = {
    key: { name: 'w.example/pq', type: NOTE_KEY_TYPES.mlDsa44, publicKey: pair.publicKey },
    sign: (message: Uint8Array) => ml_dsa44.sign(message, pair.secretKey),
  };
  const classic = ed25519('w.example/1', NOTE_KEY_TYPES.cosignature);
  const note = signedText('log.example/a', 7, sha256(utf8('root')));
  for (const signer of [classic, postQuantum]) {
    const line = cosignatureLine(parseOpenCheckpoint(note), signer, { timestampS: 1_679_315_147, sha256 });
    const cosigned = parseOpenCheckpoint(note + line);
    assert.equal(signatureState(cosigned, signer.key, crypto), { state: 'good', timestampS: 1_679_315_147 });
    assert.is(logSignatureState(cosigned, [log.key], crypto), 'good');
    const other = parseOpenCheckpoint(
      cosigned.note.text.replace('\n7\n', '\n8\n') + (note + line).slice(cosigned.note.text.length),
    );
    assert.is(signatureState(other, signer.key, crypto).state, 'bad');
    assert.is(signatureState(parseOpenCheckpoint(note), signer.key, crypto).state, 'absent');
  }
  // A witness's key is no log's key, whatever name it bears.
  const asLog = { ...classic.key, name: 'log.example/a' };
  assert.is(logSignatureState(parseOpenCheckpoint(note), [asLog], crypto), 'absent');
});

test('signed-note: a key of the right name and another id is passed over', () => {
  const note = signedText('log.example/a', 7, sha256(utf8('root')));
  const other = ed25519('log.example/a2', NOTE_KEY_TYPES.ed25519);
  const renamed = { ...other.key, name: 'log.example/a' };
  assert.is(logSignatureState(parseOpenCheckpoint(note), [renamed], crypto), 'absent');
  assert.is(logSignatureState(parseOpenCheckpoint(note), [renamed, log.key], crypto), 'good');
});

test('tlog-tiles: paths of the specification, one spelling each', () => {
  const example = { level: 0, index: 1_234_067, width: 256 };
  assert.is(encodeTilePath(example), '0/x001/x234/067');
  assert.equal(parseTilePath('0/x001/x234/067'), example);
  assert.equal(parseTilePath('entries/000.p/1'), { level: 'entries', index: 0, width: 1 });
  // The tree of 70,000 entries of the specification.
  assert.equal(tilesOf(70_000, 0), { wholeCount: 273, rest: 112 });
  assert.equal(tilesOf(70_000, 1), { wholeCount: 1, rest: 17 });
  assert.equal(tilesOf(70_000, 2), { wholeCount: 0, rest: 1 });
  assert.equal(tilesOf(256, 1), { wholeCount: 0, rest: 1 });
  for (const wrong of [
    '00/000',
    '64/000',
    '-1/000',
    '0/0',
    '0/x000/067',
    '0/001/067',
    '0/x001',
    '0/067.p/0',
    '0/067.p/256',
    '0/067.p/01',
    '0/067.p/1/',
    '0/067/',
    '/0/067',
    'entries/x001/x1/001',
    '0/x999/x999/x999/x999/x999/x999/999',
    '0/067.p',
    'Entries/000',
    '0/٠٠١',
    '0/000\n',
    '',
  ]) {
    assert.is(parseTilePath(wrong), undefined, wrong);
  }
});

test('property: every tile has one path, and it leads back', () => {
  const tile = fc.record({
    level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
    index: fc.maxSafeNat(),
    width: fc.integer({ min: 1, max: 256 }),
  });
  fc.assert(fc.property(tile, (path) => assert.equal(parseTilePath(encodeTilePath(path)), { ...path })));
});

const W = ['w1', 'w2', 'w3', 'w4'].map((name) => ed25519(`${name}.example`, NOTE_KEY_TYPES.cosignature));
const vkey = (at: number): string => encodeNoteKey(W[at]!.key, sha256);

test('tlog-policy: groups of groups decide as the specification says', () => {
  const text = [
    `log ${encodeNoteKey(log.key, sha256)} https://log.example`,
    `witness X1 ${vkey(0)}`,
    `\twitness  X2\t${vkey(1)} https://w2.example/ `,
    `witness X3 ${vkey(2)}`,
    '  # a comment',
    'group X-witnesses 2 X1 X2 X3',
    `witness Y1 ${vkey(3)}`,
    'group Y-witnesses any Y1',
    'group X-and-Y all X-witnesses Y-witnesses',
    'quorum X-and-Y',
    '',
  ].join('\n');
  const policy = parseTrustPolicy(text, sha256);
  assert.is(policy.logs[0]!.url, 'https://log.example');
  assert.is(policy.witnesses.get('X2')!.url, 'https://w2.example/');
  const met = (...names: string[]): boolean => hasQuorum(policy, new Set(names));
  assert.ok(met('X1', 'X3', 'Y1'));
  assert.not.ok(met('X1', 'X2', 'X3'));
  assert.not.ok(met('X1', 'Y1'));
  assert.ok(hasQuorum(parseTrustPolicy('quorum none\n', sha256), new Set()));
});

test('tlog-policy: what the specification refuses is refused, with its line', async () => {
  const w = `witness a ${vkey(0)}\nwitness b ${vkey(1)}\n`;
  for (const wrong of [
    '',
    `${w}`,
    `${w}quorum a\nquorum b\n`,
    `${w}quorum c\n`,
    `quorum a\n${w}`,
    `${w}group g 3 a b\nquorum g\n`,
    `${w}group g 0 a b\nquorum g\n`,
    `${w}group g 01 a b\nquorum g\n`,
    `${w}group g all\nquorum g\n`,
    `${w}group g all a a\nquorum g\n`,
    `${w}group g all a\ngroup h all a b\nquorum h\n`,
    `${w}group g all g\nquorum g\n`,
    `${w}group g all none\nquorum g\n`,
    `${w}group a all b\nquorum a\n`,
    `${w}witness c ${vkey(0)}\nquorum c\n`,
    `${w}witness none ${vkey(2)}\nquorum a\n`,
    `witness a ${encodeNoteKey({ ...W[0]!.key, type: NOTE_KEY_TYPES.ed25519 }, sha256)}\nquorum a\n`,
    `log ${vkey(0)}\nquorum none\n`,
    'quorum none more\n',
    'Quorum none\n',
    'quorum none\r\n',
    'quorum\u00a0none\n',
  ]) {
    assert.throws(() => parseTrustPolicy(wrong, sha256), wrong);
  }
  await assertFails(async () => parseTrustPolicy(`${w}quorum c\n`, sha256), 'bad_encoding');
});

interface Proven {
  readonly text: string;
  readonly entry: Uint8Array;
}

function proven(witnesses: readonly number[]): Proven {
  const tree = new MerkleTree(sha256);
  for (let at = 0; at < 300; at += 1) tree.append(sha256(Buffer.concat([Buffer.of(0), utf8(`entry ${at}`)])));
  let note = signedText('log.example/a', 300, tree.root());
  for (const at of witnesses) {
    note += cosignatureLine(parseOpenCheckpoint(note), W[at]!, { timestampS: 1_700_000_000, sha256 });
  }
  const path = tree.inclusionProof(271, 300);
  return { text: formatTlogProof({ extra: null, index: 271, path, note }), entry: utf8('entry 271') };
}

const policy = parseTrustPolicy(
  `witness a ${vkey(0)}\nwitness b ${vkey(1)}\nwitness c ${vkey(2)}\ngroup g 2 a b c\nquorum g\n`,
  sha256,
);

test('tlog-proof: holds for the entry, the log and the quorum that the reader names', () => {
  const { text, entry } = proven([0, 2, 3]);
  const trust = { logs: [log.key], policy };
  const result = verifyTlogProof(text, { entry, trust }, crypto);
  assert.equal(result.mismatch, null);
  assert.equal(result.witnesses, ['a', 'c']);
  assert.is(result.index, 271);
  const failing = (given: string, bytes: Uint8Array | undefined, logs = [log.key]): string | undefined =>
    verifyTlogProof(given, { entry: bytes, trust: { logs, policy } }, crypto).mismatch?.check;
  assert.is(failing(text, utf8('entry 270')), 'inclusion');
  assert.is(failing(text.replace('index 271', 'index 270'), entry), 'inclusion');
  assert.is(failing(text, undefined), 'inclusion');
  assert.is(failing(proven([0, 3]).text, entry), 'witnesses');
  assert.is(failing(text, entry, []), 'origin');
  const stranger = ed25519('log.example/a2', NOTE_KEY_TYPES.ed25519).key;
  assert.is(failing(text, entry, [{ ...stranger, name: log.key.name }]), 'signature');
  assert.is(failing(text.replace('@v1', '@v2'), entry), 'form');
  const forged = text.replace('\n300\n', '\n301\n');
  assert.is(failing(forged, entry), 'signature');
  const { checkpoint } = parseTlogProof(text);
  assert.equal([...witnessesOf(checkpoint, policy, crypto).good], ['a', 'c']);
});

test('tlog-proof: form of the specification; extra data may carry the entry', () => {
  const { text, entry } = proven([]);
  const parts = parseTlogProof(text);
  assert.is(formatTlogProof(parts), text);
  assert.ok(text.startsWith('c2sp.org/tlog-proof@v1\nindex 271\n'));
  const withEntry = formatTlogProof({ ...parts, extra: entry });
  assert.is(withEntry.split('\n')[1], `extra ${toBase64(entry)}`);
  assert.ok(verifyTlogProof(withEntry, { entry: undefined, trust: { logs: [log.key] } }, crypto).ok);
  for (const wrong of [
    text.replace('index 271', 'index 0271'),
    text.replace('index 271', 'index -1'),
    text.replace('index 271\n', ''),
    text.replace('index 271\n', 'extra !!\nindex 271\n'),
    text.replace('index 271\n', 'index 271\nAAAA\n'),
    text.replace('\n\n', '\n'),
  ]) {
    assert.throws(() => parseTlogProof(wrong), wrong);
  }
});

test('tlog-witness: a request reads back; other forms are refused', () => {
  const note = signedText('log.example/a', 7, sha256(utf8('root')));
  const body = formatAddCheckpoint(3, [sha256(utf8('1')), sha256(utf8('2'))], note);
  const parsed = parseAddCheckpoint(body);
  assert.is(parsed.oldSize, 3);
  assert.is(parsed.proof.length, 2);
  assert.is(formatAddCheckpoint(parsed.oldSize, parsed.proof, parsed.note), body);
  assert.is(parseAddCheckpoint(formatAddCheckpoint(0, [], note)).proof.length, 0);
  const hash = toBase64(sha256(utf8('x')));
  for (const wrong of [
    body.replace('old 3', 'old 03'),
    body.replace('old 3', 'old  3'),
    body.replace('old 3', 'Old 3'),
    body.replace('old 3', 'old -3'),
    body.replace('old 3\n', 'old 3\r\n'),
    body.replace('old 3\n', ''),
    body.replace('old 3\n', `old 3\n${`${hash}\n`.repeat(62)}`),
    body.replace('old 3\n', 'old 3\nAAAA\n'),
    body.slice(0, -1),
    `${body}\n`,
    body.replace('\n\n', '\n'),
    '',
  ]) {
    assert.throws(() => parseAddCheckpoint(wrong), wrong.slice(0, 60));
  }
});

test('property: no bytes make a parser do anything but refuse or give the same text back', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      'old 0',
      'old 12',
      'index 3',
      '— a AAAA',
      'c2sp.org/tlog-proof@v1',
      'extra AA==',
      '7',
    ),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64),
    fc.string(),
  );
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, (given) => {
      try {
        const { oldSize, proof, note } = parseAddCheckpoint(given);
        assert.is(formatAddCheckpoint(oldSize, proof, note), given);
      } catch (error) {
        assert.ok(['bad_encoding', 'too_large'].includes((error as { code: string }).code), String(error));
      }
      try {
        assert.is(formatTlogProof(parseTlogProof(given)), given);
      } catch (error) {
        assert.ok(['bad_encoding', 'too_large'].includes((error as { code: string }).code), String(error));
      }
    }),
    { numRuns: 5_000 },
  );
});
