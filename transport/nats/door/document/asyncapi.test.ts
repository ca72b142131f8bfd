/** The document against AsyncAPI's own schema, and against the endpoints that it describes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { LiveMessage, LiveRequest } from '../../../../contracts/messages/door/live.ts';
import { OPERATIONS } from '../../../../contracts/operations.ts';
import { arbitraryOf } from '../../../../test/doors/zod-arbitrary.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { LIVE_PATH } from '../../../ws/index.ts';
import { NATS_ENDPOINTS } from '../endpoints/all-endpoints.ts';
import { asyncApiDocument } from './asyncapi.ts';

const test = suite('asyncapi', { limitMs: 30_000 });

interface Document {
  readonly channels: Record<
    string,
    {
      address: string | null;
      servers: { $ref: string }[];
      messages: Record<string, { $ref: string }>;
    }
  >;
  readonly operations: Record<
    string,
    { action: string; channel: { $ref: string }; messages?: { $ref: string }[] }
  >;
  readonly components: {
    messages: Record<string, { payload: { $ref: string }; headers: object }>;
    schemas: Record<string, object>;
  };
}

const document = asyncApiDocument(NATS_ENDPOINTS, '1.0.0') as unknown as Document;

function validator(): { validate: (value: unknown) => boolean; errors: () => unknown } {
  const file = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json');
  const options = { strict: false, validateFormats: false, logger: false } as const;
  // The schema brings the meta-schema of draft 7 itself.
  const ajv = new Ajv({ ...options, meta: false, validateSchema: false });
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
  return { validate: (value) => validate(value), errors: () => validate.errors };
}

test('it is a valid AsyncAPI 3.0 document, and the check can fail', () => {
  const { validate, errors } = validator();
  assert.ok(
    validate(JSON.parse(JSON.stringify(document))),
    JSON.stringify(errors(), null, 1)?.slice(0, 2_000),
  );
  const broken = JSON.parse(JSON.stringify(document)) as Document;
  broken.operations['decision.evaluate']!.action = 'guess';
  assert.not.ok(validate(broken));
});

test('every operation stands in it with its subject', () => {
  for (const { operation } of NATS_ENDPOINTS) {
    assert.is(document.channels[operation]!.address, `witan.v1.${operation}`);
    assert.is(document.operations[operation]!.action, 'receive');
    assert.ok(operation in OPERATIONS);
  }
});

test('every message of the WebSocket stands in it, both ways, with the schema that the door parses by', () => {
  const channel = document.channels['live']!;
  assert.is(channel.address, LIVE_PATH);
  assert.is((channel as { bindings?: { ws?: { method?: string } } }).bindings?.ws?.method, 'GET');
  const named = (name: string): string[] =>
    document.operations[name]!.messages!.map(({ $ref }) => $ref.replace('#/channels/live/messages/', ''));
  const typesOf = (options: readonly { shape: { type: { value: string } } }[]): string[] =>
    options.map(({ shape }) => shape.type.value);
  assert.equal(
    [document.operations['live.requests']!.action, named('live.requests')],
    ['receive', typesOf(LiveRequest.options)],
  );
  assert.equal(
    [document.operations['live.messages']!.action, named('live.messages')],
    ['send', typesOf(LiveMessage.options)],
  );
  assert.equal(Object.keys(channel.messages), [...named('live.requests'), ...named('live.messages')]);
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
  ajv.addSchema(document, 'document');
  for (const schema of [...LiveRequest.options, ...LiveMessage.options]) {
    const type = schema.shape.type.value;
    const { payload } = document.components.messages[`live.${type}`]!;
    const validate = ajv.getSchema(`document${payload.$ref}`)!;
    fc.assert(
      fc.property(arbitraryOf(schema), (value) => {
        const sent = JSON.parse(JSON.stringify(value)) as object;
        assert.ok(validate(sent), `${type}: ${JSON.stringify(validate.errors)}`);
        assert.not.ok(validate({ ...sent, another: 1 }), type);
        assert.not.ok(validate({ ...sent, type: 'other' }), type);
      }),
      { numRuns: 30 },
    );
  }
});

test('the channels of NATS are on NATS alone, the WebSocket on its own server', () => {
  for (const [name, { servers }] of Object.entries(document.channels)) {
    assert.equal(servers, [{ $ref: `#/servers/${name === 'live' ? 'websocket' : 'nats'}` }], name);
  }
});

test('every reference leads somewhere', () => {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref') found.push(inner as string);
      else walk(inner);
    }
  };
  walk(document);
  assert.ok(found.length > 100);
  for (const reference of new Set(found)) {
    assert.match(reference, /^#\//, reference);
    let at: unknown = document;
    for (const part of reference.slice(2).split('/')) at = (at as Record<string, unknown>)?.[part];
    assert.ok(at !== undefined, reference);
  }
});

test('payload schemas are usable: a request passes, a foreign field does not', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
  const schema = { ...document, $ref: '#/components/schemas/DecisionRequest' };
  const validate = ajv.compile(schema);
  assert.ok(validate({ type: 'chat', text: 'x' }), JSON.stringify(validate.errors));
  assert.not.ok(validate({ type: 'chat', text: 'x', tenant: 'other' }));
});
