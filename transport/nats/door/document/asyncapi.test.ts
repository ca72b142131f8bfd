/** The document against AsyncAPI's own schema, and against the endpoints that it describes. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { OPERATIONS } from '../../../../contracts/operations.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { NATS_ENDPOINTS } from '../endpoints/all-endpoints.ts';
import { asyncApiDocument } from './asyncapi.ts';

const test = suite('asyncapi', { limitMs: 30_000 });

interface Document {
  readonly channels: Record<string, { address: string | null; messages: Record<string, { $ref: string }> }>;
  readonly operations: Record<string, { action: string; channel: { $ref: string } }>;
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
