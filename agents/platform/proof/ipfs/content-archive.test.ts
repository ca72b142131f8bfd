import { CarReader } from '@ipld/car';
import { encode } from '@ipld/dag-pb';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { utf8 } from '../../../../contracts/ledger/bytes.ts';
import { sha256 } from '../../../../runtime/kernel/crypto/digest.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { contentCar, contentIdOf, rawContentId, readContentCar } from './content-archive.ts';

const test = suite('content ids and CAR files', { limitMs: 30_000 });
const MIB = 1_048_576;
const cidOf = (code: number, bytes: Uint8Array): CID => CID.createV1(code, createDigest(0x12, sha256(bytes)));
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );

test('ids that are known to everybody: `ipfs add --cid-version 1` of small files', async () => {
  const known = {
    '': 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    'hello world': 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
    'hello\n': 'bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am',
  };
  for (const [text, cid] of Object.entries(known)) {
    assert.is(await contentIdOf(utf8(text)), cid);
    assert.is(rawContentId(`sha256:${Buffer.from(sha256(utf8(text))).toString('hex')}`), cid);
  }
});

test('two chunks become a node written by hand after the UnixFS specification', async () => {
  const bytes = new Uint8Array(MIB + 3).map((_, at) => at % 251);
  const chunks = [bytes.subarray(0, MIB), bytes.subarray(MIB)];
  // Data of a file (type 2): its size, then the sizes of its blocks, as protobuf varints.
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
  const data = [
    8,
    2,
    24,
    ...varint(bytes.length),
    ...chunks.flatMap(({ length }) => [32, ...varint(length)]),
  ];
  const Links = chunks.map((chunk) => ({ Hash: cidOf(0x55, chunk), Name: '', Tsize: chunk.length }));
  const node = encode({ Data: Uint8Array.from(data), Links });
  assert.is(await contentIdOf(bytes), cidOf(0x70, node).toString());
});

test('content comes back from its file, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
      const { cid, car } = await contentCar(bytes);
      assert.equal(await readContentCar(car), { cid, bytes });
    }),
    { numRuns: 30 },
  );
  const large = new Uint8Array(3 * MIB + 1).map((_, at) => (at * 7) % 253);
  const { cid, car } = await contentCar(large);
  const back = await readContentCar(car);
  assert.is(back.cid, cid);
  assert.is(Buffer.compare(Buffer.from(back.bytes), Buffer.from(large)), 0);
  const reader = await CarReader.fromBytes(car);
  assert.equal([reader.version, (await reader.getRoots()).map(String)], [1, [cid]]);
});

test('the same chunk again and again is one block', async () => {
  const { cid, car } = await contentCar(new Uint8Array(5 * MIB));
  assert.ok(car.length < 2 * MIB);
  const back = await readContentCar(car);
  assert.equal([back.cid, back.bytes.length], [cid, 5 * MIB]);
});

test('every changed byte of a block is found and the block is named', async () => {
  const { car } = await contentCar(utf8('what the council decided'));
  for (const at of [car.length - 1, car.length - 20]) {
    const changed = Uint8Array.from(car);
    changed[at]! ^= 1;
    assert.is(await codeOf(readContentCar(changed)), 'verification_failed');
  }
});

test('a block that is left out, a cut file and another file are refused', async () => {
  const large = new Uint8Array(2 * MIB).map((_, at) => (at < MIB ? 1 : 2));
  const { car } = await contentCar(large);
  assert.is(await codeOf(readContentCar(car.subarray(0, car.length - MIB - 39))), 'verification_failed');
  assert.is(await codeOf(readContentCar(car.subarray(0, car.length - 100))), 'bad_encoding');
  assert.is(await codeOf(readContentCar(utf8('not a file of blocks'))), 'bad_encoding');
  assert.is(await codeOf(readContentCar(new Uint8Array(0))), 'bad_encoding');
});
