/**
 * Bytes of the protocol between nodes as they are today. A node of another version sends these: whoever
 * changes what they mean, or what is written, raises the version (`CLUSTER_PROTOCOL`) and records a new set
 * beside them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeMessage } from '../../cluster/log/wire/log-codec.ts';
import { decodeMember, encodeMember } from '../../cluster/membership/member-key.ts';
import { ByteCodec } from '../../cluster/remote/codec/byte-codec.ts';
import { CODEC_LIMITS } from '../../cluster/remote/codec/limits.ts';
import { revive } from '../../cluster/remote/codec/reviver.ts';
import { Shaper } from '../../cluster/remote/codec/shaper.ts';
import {
  BatchWriter,
  framesOf,
  readHead,
  refusal,
  refusedVersions,
} from '../../cluster/remote/wire/batch.ts';
import { writeEnvelope } from '../../cluster/remote/wire/envelope.ts';
import { FRAME, letterFrame, movedFrame, readFrame } from '../../cluster/remote/wire/frames.ts';
import type { Letter } from '../../cluster/remote/wire/frames.ts';
import { CLUSTER_PROTOCOL, memberKey } from '../../contracts/cluster-names.ts';
import { WitanError } from '../../contracts/errors.ts';
import { ClaimRecord } from '../../contracts/messages/cluster/claim.ts';
import { DurableEnvelope } from '../../contracts/messages/cluster/durable.ts';
import { LogCell } from '../../contracts/messages/cluster/log-cell.ts';
import { LogAsk } from '../../contracts/messages/cluster/log-wire.ts';
import { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import { SeatsRecord } from '../../contracts/messages/cluster/seats-record.ts';
import type { AnyRef } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';

const test = suite('recorded bytes of the protocol between nodes');
const SPOKEN = Array.from(
  { length: CLUSTER_PROTOCOL.max - CLUSTER_PROTOCOL.min + 1 },
  (_, at) => CLUSTER_PROTOCOL.min + at,
);
const fileOf = (version: number): string =>
  join(import.meta.dirname, `../vectors/cluster/protocol-${version}.json`);

interface Vectors {
  /** Batches as hex, by what they hold. */
  readonly batches: Record<string, string>;
  /** Values of keys and items of queues as text, by their format. */
  readonly records: Record<string, string>;
}

const SENDER = { node: 'node-a', incarnation: '0123456789abcdef' };
const RUN = '00000000000000b1';
const HEX64 = 'ab'.repeat(32);
const codec = new ByteCodec(CODEC_LIMITS);
const shaper = new Shaper(CODEC_LIMITS, (ref) => ['a', SENDER.node, ref.path]);
const ref = new (class Ref {
  readonly path = '/council/justice';
  readonly name = 'justice';
  readonly node = SENDER.node;
  tell(): void {}
})() as AnyRef;

/** Everything that a message may hold. */
const SPECIAL = {
  nothing: undefined,
  zero: -0,
  big: 12_345_678_901_234_567_890n,
  when: new Date(1_790_000_000_000),
  map: new Map<unknown, unknown>([['a', 1]]),
  set: new Set([1, 'b']),
  bytes: Uint8Array.of(0, 127, 255),
  lone: 'a\ud800b',
  infinite: -Infinity,
  error: new WitanError('unavailable', 'nobody owns it', { shard: 7 }),
  ref,
};

const ENVELOPE = writeEnvelope({
  ...{ messageId: 'm-1', schemaVersion: 2, correlationId: 'c-1', causationId: 'c-0', priority: 0 },
  ...{ traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, tenant: 'acme', generation: 41 },
});

function letter(content: unknown, fields: Partial<Letter> = {}): Letter {
  const { value, isTagged } = shaper.shape(content);
  const plain = { path: '/platform/orchestrator', sender: '/council', envelope: null };
  return { ...plain, content: value, isTagged, askId: undefined, askMs: undefined, ...fields };
}

const PLAIN = { type: 'vote', score: 0.25, list: [1, -70_000, 1e21, true, null], text: 'ä€😀' };
const shard = { path: '/entities/diary/3@41/x' };
const FRAMES_OF_1: Record<string, unknown[]> = {
  tell: letterFrame(letter(PLAIN)),
  'tell with an envelope': letterFrame(letter(PLAIN, { envelope: ENVELOPE, sender: null })),
  'tell of special values': letterFrame(letter(SPECIAL)),
  ask: letterFrame(letter(PLAIN, { askId: 7, askMs: 250, sender: ['r', 'node-a', SENDER.incarnation, 7] })),
  reply: [FRAME.reply, 7, PLAIN, false],
  failed: [FRAME.failed, 7, 'unavailable', 'nobody owns it', { shard: 7 }, false],
  watch: [FRAME.watch, 3, '/council/justice'],
  unwatch: [FRAME.unwatch, 3],
  ended: [FRAME.ended, 3, 'crashed'],
  moved: movedFrame(letter(PLAIN, shard), { generation: 42, node: 'node-c' }),
  cancel: [FRAME.cancel, 7, 1],
};
const SHARED = ['type', 3];
/** What came with each version. */
const FRAMES: Record<number, Record<string, unknown[]>> = {
  1: FRAMES_OF_1,
  2: {
    ...FRAMES_OF_1,
    part: [FRAME.part, 3, PLAIN],
    'tell that names a part': letterFrame(letter({ ...PLAIN, type: null }, { shared: SHARED })),
    'ask that names a part': letterFrame(letter({ ...PLAIN, type: null }, { shared: SHARED, askId: 7 })),
  },
};

const LOG_CELL = {
  ...{ format: 'witan-log-cell/1', logId: 'log-1', generation: 5, writer: 'node-a', change: 9 },
  ...{ inSync: [{ node: 'node-a', copy: RUN }], size: 12, root: HEX64 },
} as const;

const RECORDS: Record<string, unknown> = {
  member: {
    ...{ format: 'witan-member/1', node: 'node-a', incarnation: SENDER.incarnation, state: 'gone' },
    ...{ protocol: { min: 1, max: 1 }, version: '0.1.0', roles: ['platform', 'worker'] },
    ...{ labels: { gpu: 'true' }, beat: 17, lagMs: 1.5, load: 3, goneBy: 'node-b' },
  },
  claim: { format: 'witan-claim/1', holder: SENDER },
  seats: {
    ...{ format: 'witan-seats/1', node: 'node-a' },
    seats: [
      {
        ...{ seat: 'justice', keyId: `seat/justice#${'0'.repeat(16)}`, publicKey: HEX64 },
        ...{ evaluators: ['justice/rules@1#0123456789ab'], calibration: 'uncalibrated' },
      },
    ],
  },
  'log-cell': LOG_CELL,
  durable: {
    ...{ format: 'witan-durable/1', id: 'node-a.1.1', to: 'd1', from: 'node-a', sentAtWallMs: 1.79e12 },
    ...{ schemaVersion: 1, tenant: 'acme', traceparent: '00-1-2-01', message: PLAIN },
  },
};

const SCHEMAS = {
  member: MemberRecord,
  claim: ClaimRecord,
  seats: SeatsRecord,
  'log-cell': LogCell,
  durable: DurableEnvelope,
} as const;

function batchOf(frame: unknown[], version: number): Uint8Array {
  const writer = new BatchWriter(SENDER);
  writer.add(codec.encode(frame));
  return writer.take(version, 9);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

function present(version: number): Vectors {
  const batches = Object.fromEntries(
    Object.entries(FRAMES[version]!).map(([name, frame]) => [name, hex(batchOf(frame, version))]),
  );
  batches['refusal'] = hex(refusal(SENDER, { min: 1, max: version }));
  batches['log ask'] = hex(encodeMessage({ type: 'root', generation: 5, size: 12 }, Uint8Array.of(1, 2)));
  const records = Object.fromEntries(
    Object.entries(RECORDS).map(([name, record]) => [name, JSON.stringify(record)]),
  );
  return { batches, records };
}

// A new version begins with a set of its own, written once on purpose and never again.
for (const version of SPOKEN) {
  if (process.env['WITAN_RECORD_VECTORS'] === 'true' && !existsSync(fileOf(version)))
    writeFileSync(fileOf(version), `${JSON.stringify(present(version), undefined, 2)}\n`);
}
const recordedOf = (version: number): Vectors => JSON.parse(readFileSync(fileOf(version), 'utf8')) as Vectors;
const VECTORS = recordedOf(CLUSTER_PROTOCOL.max);

for (const version of SPOKEN)
  test(`what is written in version ${version} is what was recorded`, () => {
    assert.equal(present(version), recordedOf(version));
  });

test('recorded batches are read as what they were', () => {
  const { refusal: refused, 'log ask': _ask, ...batches } = VECTORS.batches;
  const frames = FRAMES[CLUSTER_PROTOCOL.max]!;
  assert.equal(Object.keys(batches).sort(), Object.keys(frames).sort());
  for (const [name, recorded] of Object.entries(batches)) {
    const bytes = unhex(recorded);
    const head = readHead(bytes);
    const { bodyAt: _at, ...said } = head;
    assert.equal(said, { ...SENDER, isRefusal: false, version: CLUSTER_PROTOCOL.max, sequence: 9 });
    const [frame] = [...framesOf(bytes, head)].map((one) => readFrame(codec.decode(one)));
    // undefined is written as null and read as undefined in the places where it may stand.
    assert.equal(frame, readFrame(codec.decode(new Uint8Array(codec.encode(frames[name]!)))), name);
  }
  const bytes = unhex(refused!);
  assert.equal(refusedVersions(bytes, readHead(bytes)), { ...CLUSTER_PROTOCOL });
});

test('recorded special values come back as they were sent', () => {
  const bytes = unhex(VECTORS.batches['tell of special values']!);
  const [frame] = [...framesOf(bytes, readHead(bytes))].map((one) => readFrame(codec.decode(one)));
  assert.ok(frame?.kind === 'letter' && frame.letter.isTagged);
  const content = revive((frame as { letter: Letter }).letter.content, (parts) => {
    assert.equal(parts, ['a', SENDER.node, '/council/justice']);
    return ref;
  }) as typeof SPECIAL;
  const { error, ...rest } = content;
  const { error: sent, ...others } = SPECIAL;
  assert.equal(rest, others);
  assert.ok(Object.is(content.zero, -0));
  assert.equal([error.code, error.message, error.details], [sent.code, sent.message, sent.details]);
});

test('recorded values of keys are read whole, and what a newer version adds is left alone', () => {
  assert.equal(Object.keys(VECTORS.records).sort(), Object.keys(SCHEMAS).sort());
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const recorded: unknown = JSON.parse(VECTORS.records[name]!);
    assert.equal(schema.parse(recorded), recorded, `${name} lost a field`);
    const newer = { ...(recorded as object), addedLater: { deep: [1] } };
    assert.equal(schema.parse(newer), recorded, `${name} of a newer version`);
  }
  const record = decodeMember(
    memberKey(SENDER.node, SENDER.incarnation),
    new TextEncoder().encode(VECTORS.records['member']),
  );
  assert.is(new TextDecoder().decode(encodeMember(record!)), VECTORS.records['member']);
  assert.ok(LogAsk.safeParse({ type: 'root', generation: 5, size: 12, addedLater: 1 }).success);
});
