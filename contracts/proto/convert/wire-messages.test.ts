/** Schemas and protobuf messages say the same: every field, both ways; nothing is lost on the wire. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { z } from 'zod';
import { arbitraryOf } from '../../../test/doors/zod-arbitrary.ts';
import { assert, suite } from '../../../test/harness.ts';
import { toWitanError } from '../../errors.ts';
import { Attachment } from '../../messages/decision.ts';
import { DecisionEvent } from '../../messages/events.ts';
import { RiskLevel } from '../../messages/decision.ts';
import { Span } from '../../messages/evidence.ts';
import { AttachmentSchema, DecisionRequestSchema } from '../gen/witan/v1/decision_pb.ts';
import { DecisionEventSchema } from '../gen/witan/v1/events_pb.ts';
import { SpanSchema } from '../gen/witan/v1/evidence_pb.ts';
import { compileMessage } from './compile-message.ts';
import type { MessageCodec } from './compile-message.ts';
import { WIRE } from './wire-messages.ts';

const test = suite('wire messages', { limitMs: 60_000 });

for (const [name, codec] of Object.entries(WIRE) as [string, MessageCodec][]) {
  test(`${name} comes back from the wire as it went`, () => {
    const property = fc.property(arbitraryOf(codec.schema), (drawn) => {
      const value = codec.schema.parse(drawn);
      const bytes = toBinary(codec.desc, codec.encode(value));
      assert.equal(codec.schema.parse(codec.decode(fromBinary(codec.desc, bytes))), value);
    });
    fc.assert(property, { numRuns: 60 });
  });
}

test('every message that a schema names is reached by a converter', () => {
  // What has no schema: envelopes of methods, and errors, which have a table instead.
  const reached = new Set<string>();
  const visit = (desc: DescMessage): void => {
    if (reached.has(desc.typeName)) return;
    reached.add(desc.typeName);
    for (const field of desc.fields) if (field.message) visit(field.message);
  };
  for (const { desc } of Object.values(WIRE)) visit(desc);
  const files = new Set(Object.values(WIRE).map(({ desc }) => desc.file));
  const missed = [...files]
    .flatMap((file) => file.messages)
    .map((message) => message.typeName)
    .filter((name) => !reached.has(name));
  const envelopes = missed.filter((name) => /\.(Serve|Cast|Agent|Work|Ballot|Registration)\w*$/.test(name));
  assert.equal(missed, envelopes);
});

test('a schema field without protobuf field is refused', () => {
  const wider = Attachment.extend({ colour: z.string() });
  assert.throws(
    () => compileMessage(wider, AttachmentSchema),
    /Attachment: there is no field colour for colour/,
  );
});

test('a protobuf field without schema field is refused', () => {
  assert.throws(
    () => compileMessage(Attachment.omit({ digest: true }), AttachmentSchema),
    /no schema field for digest/,
  );
});

test('a choice, a value or a form that does not fit is refused', () => {
  const [first, ...others] = DecisionEvent.options;
  const stranger = z.strictObject({
    sequence: z.int(),
    decisionId: z.string(),
    atWallMs: z.number(),
    type: z.literal('stranger'),
  });
  const more = z.discriminatedUnion('type', [first!, ...others, stranger]);
  assert.throws(() => compileMessage(more, DecisionEventSchema), /no choice stranger/);
  const fewer = z.discriminatedUnion('type', [first!, ...others.slice(1)]);
  assert.throws(() => compileMessage(fewer, DecisionEventSchema), /no schema field for step/);
  assert.throws(
    () => compileMessage(Span.extend({ start: z.number() }), SpanSchema),
    /start: must be DOUBLE, is INT64/,
  );
  assert.throws(
    () => compileMessage(Span.extend({ label: z.string().optional() }), SpanSchema),
    /must be optional/,
  );
  const riskier = z.strictObject({
    ...WIRE.decisionRequest.schema.shape,
    risk_level: z.enum([...RiskLevel.options, 'x']).optional(),
  });
  assert.throws(() => compileMessage(riskier, DecisionRequestSchema), /values are LOW/);
});

const fault = (work: () => unknown): { code: string; path: unknown; expected: unknown } => {
  try {
    work();
  } catch (error) {
    const { code, details } = toWitanError(error);
    return { code, path: details.path, expected: details.expected };
  }
  throw new Error('nothing was thrown');
};

test('faults name code, path and what was expected', () => {
  const { decisionRequest } = WIRE;
  const decode = (init: Parameters<typeof create<typeof DecisionRequestSchema>>[1]) => (): unknown =>
    decisionRequest.decode(create(DecisionRequestSchema, init));
  assert.equal(fault(decode({ type: 'chat', messages: { items: [{ role: 9 as 1, content: 'x' }] } })), {
    code: 'invalid_argument',
    path: 'messages.0.role',
    expected: 'one of system, user, assistant, tool',
  });
  assert.equal(fault(decode({ type: 'chat', contextJson: '{"a":{"b":1,"b":2}}' })), {
    code: 'invalid_argument',
    path: 'context.a.b',
    expected: 'each key once',
  });
  const large = { name: 'a', mediaType: 'b', digest: 'c', sizeBytes: 2n ** 60n };
  assert.is(fault(decode({ type: 'x', attachments: { items: [large] } })).path, 'attachments.0.sizeBytes');
});

test('a field that the schema does not know is refused by a door and passed over by a client', () => {
  const known = toBinary(DecisionRequestSchema, create(DecisionRequestSchema, { type: 'chat', text: 'x' }));
  const message = fromBinary(DecisionRequestSchema, Uint8Array.of(...known, 0xf8, 0x06, 1));
  assert.equal(
    fault(() => WIRE.decisionRequest.decode(message)),
    {
      code: 'unknown_field',
      path: '#111',
      expected: 'a known field',
    },
  );
  const value = WIRE.decisionRequest.decode(message, { strict: false });
  assert.equal(value, { type: 'chat', text: 'x' });
});

test('an integer beyond 2^53 that a node recorded reaches a client, and no door', () => {
  const { decisionRequest } = WIRE;
  const value = { type: 'chat', context: { a: 1e20 } };
  const message = decisionRequest.encode(value);
  assert.equal(decisionRequest.decode(message, { strict: false }), value);
  assert.is(fault(() => decisionRequest.decode(message)).path, 'context.a');
});
