import fc from 'fast-check';
import { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import { BatchWriter, framesOf, readHead, refusal, refusedVersions } from './batch.ts';
import { letterFrame, movedFrame, readFrame } from './frames.ts';
import { readEnvelope, writeEnvelope } from './envelope.ts';

const test = suite('frames and batches');

const sender = { node: 'node-a', incarnation: '0123456789abcdef' };

function typed(task: () => unknown): boolean {
  try {
    task();
    return true;
  } catch (error) {
    return error instanceof WitanError;
  }
}

test('a batch comes apart as it was put together, whatever its size and number', () => {
  const writer = new BatchWriter(sender);
  const frames = [0, 1, 200, 70_000, 3].map((length, at) => new Uint8Array(length).fill(at + 1));
  for (const sequence of [1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5]) {
    for (const frame of frames) writer.add(frame);
    assert.is(writer.count, 5);
    const batch = writer.take(3, sequence);
    const head = readHead(batch);
    assert.equal({ ...head, bodyAt: 0 }, { ...sender, isRefusal: false, version: 3, sequence, bodyAt: 0 });
    assert.equal([...framesOf(batch, head)], frames);
    assert.is(writer.count, 0);
  }
});

test('a refusal names the versions of its sender', () => {
  const bytes = refusal(sender, { min: 2, max: 5 });
  const head = readHead(bytes);
  assert.ok(head.isRefusal);
  assert.equal(refusedVersions(bytes, head), { min: 2, max: 5 });
  assert.throws(() => refusedVersions(bytes.slice(0, -1), head), /malformed/);
});

test('any bytes are a batch or a typed error', () => {
  const writer = new BatchWriter(sender);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.tuple(fc.nat(), fc.nat(255))),
      (bytes, changes) => {
        writer.add(bytes);
        const batch = writer.take(1, 7);
        for (const [at, byte] of changes) batch[at % batch.length] = byte;
        return [batch, bytes].every((data) => typed(() => [...framesOf(data, readHead(data))]));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('any plain value is a frame or a typed error', () => {
  const plain = fc.oneof(
    fc.jsonValue(),
    fc.tuple(fc.nat(11), fc.jsonValue(), fc.jsonValue(), fc.jsonValue()),
  );
  fc.assert(
    fc.property(plain, (value) => typed(() => readFrame(value))),
    { numRuns: 2_000 },
  );
});

test('letters keep their fields, also when they are sent back; fields of a newer version are left alone', () => {
  const letter = {
    ...{ path: '/x', content: { a: 1 }, isTagged: true, sender: '/y', askId: 7, askMs: 30 },
    envelope: writeEnvelope({ tenant: 'acme', generation: 4 }),
  };
  assert.equal(readFrame([...letterFrame(letter), null, 'new', 'fields']), { kind: 'letter', letter });
  const back = readFrame(movedFrame(letter, { generation: 9, node: 'node-b' }));
  assert.equal(back, { kind: 'moved', generation: 9, node: 'node-b', letter });
  const { options } = readEnvelope(letter.envelope!);
  assert.equal([options.tenant, options.generation, options.messageId], ['acme', 4, undefined]);
  assert.is(writeEnvelope({ sender: undefined }), null);
});
