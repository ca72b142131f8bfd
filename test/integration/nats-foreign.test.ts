/**
 * A stranger with the AsyncAPI document and a socket: subjects, headers and messages are read from
 * docs/reference/asyncapi.json, nothing of ours is called. The node is a real one.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { jsonOf, RawNats } from '../doors/raw-nats.ts';
import type { RawMessage } from '../doors/raw-nats.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';
import { PATIENT } from './fault-fixtures.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';

interface Document {
  readonly channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  readonly operations: Record<string, { channel: { $ref: string }; reply: { channel: { $ref: string } } }>;
  readonly components: {
    messages: Record<string, { payload: { $ref: string } }>;
    schemas: Record<string, { properties: Record<string, object> }>;
  };
}

const document = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docs/reference/asyncapi.json'), 'utf8'),
) as Document;
const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });

/** What a reference of the document leads to. */
function at<T>(reference: string): T {
  let found: unknown = document;
  for (const part of reference.slice(2).split('/')) found = (found as Record<string, unknown>)[part];
  return found as T;
}

/** Subject of an operation, as the document has it. */
function addressOf(operation: string): string {
  return at<{ address: string }>(document.operations[operation]!.channel.$ref).address;
}

/** Asserts that a payload is what the document says of that message. */
function assertForm(message: string, payload: unknown): void {
  const { payload: reference } = document.components.messages[message]!;
  const validate = ajv.compile({ ...document, $ref: reference.$ref });
  assert.ok(validate(payload), `${message}: ${JSON.stringify(validate.errors)?.slice(0, 500)}`);
}

/** Name of the one header of a request whose description has these words. */
function headerFor(words: RegExp): string {
  const { properties } = document.components.schemas['RequestHeaders']!;
  const found = Object.entries(properties).filter(([, { description }]: [string, { description?: string }]) =>
    words.test(description ?? ''),
  );
  assert.is(found.length, 1, String(words));
  return found[0]![0];
}

const KEY = 'a-stranger-with-a-key';
const KNOWN = { [headerFor(/^API key/)]: KEY };

async function nodeOn(server: NatsServer, more: object = {}): Promise<Host> {
  const digest = `sha256:${createHash('sha256').update(KEY).digest('hex')}`;
  const scopes = ['decision:submit', 'decision:read', 'operator:read'];
  const host = await createHost({
    dataDir: null,
    settings: {
      ...PATIENT,
      http: { port: 0 },
      grpc: { enabled: false },
      identity: { apiKeys: [{ digest, id: 'stranger', tenant: 'acme', scopes }] },
      nats: { url: server.url, ...more },
    },
  });
  await host.start();
  return host;
}

if (NATS_MISSING) suite('nats foreign client').skip('a decision over a real server', NATS_MISSING);
else declare();

function declare(): void {
  const test = suite('nats foreign client', { limitMs: 180_000 });
  let server: NatsServer;
  let host: Host;
  let client: RawNats;
  test.before(async () => {
    server = await startNats();
    host = await nodeOn(server, { eventTenants: ['acme'], eventMaxAgeMs: 60_000 });
    client = await RawNats.connect(server.port);
  });
  test.after(async () => {
    client?.close();
    await host?.stop();
    await server?.end();
  });

  test('evaluates a decision and follows it to the verdict', async () => {
    const events = client.subscribe(
      document.channels['decision.events']!.address.replace('{tenant}', 'acme').replace(/\{\w+\}/g, '*'),
    );
    await client.flush();
    assertForm('decision.evaluate.request', BENIGN);
    const accepted = await client.request(addressOf('decision.evaluate'), BENIGN, {
      headers: { ...KNOWN, [headerFor(/when the decision is accepted/)]: 'respond-async' },
    });
    assertForm('decision.evaluate.reply', jsonOf(accepted));
    const { decisionId } = jsonOf<{ decisionId: string }>(accepted);

    const inbox = client.newInbox();
    const stream = client.subscribe(inbox);
    const request = { decisionId, credit: 3 };
    assertForm('decision.follow.request', request);
    client.publish(addressOf('decision.follow'), request, { headers: KNOWN, replyTo: inbox });
    const frame = ({ headers }: RawMessage): string => headers['witan-frame']!;
    const open = await stream.next();
    assert.is(frame(open), 'open');
    assertForm('stream.open', jsonOf(open));
    const seen: string[] = [];
    let outcome: string | undefined;
    for (let sequence = 1; outcome === undefined;) {
      const message = await stream.next();
      if (frame(message) === 'heartbeat') continue;
      assert.is(frame(message), 'event');
      const event = jsonOf<{ type: string; sequence: number; verdict?: { body: { outcome: string } } }>(
        message,
      );
      assertForm('decision.follow.event', event);
      assert.is(event.sequence, sequence++);
      seen.push(event.type);
      outcome = event.verdict?.body.outcome;
      const credit = { type: 'credit', count: 1 };
      assertForm('stream.control', credit);
      client.publish(message.replyTo!, credit);
    }
    assert.is(outcome, 'approved');
    assert.is(seen[0], 'opened');
    assert.is(seen.filter((type) => type === 'ballot').length, 12);

    const read = await client.request(addressOf('decision.read'), { decisionId }, { headers: KNOWN });
    assertForm('decision.read.reply', jsonOf(read));
    const published: string[] = [];
    while (published.length < seen.length) {
      const message = await events.next();
      const event = jsonOf<{ type: string }>(message);
      assertForm('decision.events.event', event);
      assert.is(message.subject, `witan.acme.decision.${decisionId}.${event.type}`);
      published.push(event.type);
    }
    assert.equal(published, seen);
  });

  test('waits for the verdict where it likes, and reads proof, seats and tree', async () => {
    const verdict = await client.request(addressOf('decision.evaluate'), BENIGN, { headers: KNOWN });
    assertForm('decision.evaluate.reply', jsonOf(verdict));
    const { body } = jsonOf<{ body: { decisionId: string } }>(verdict);
    for (const operation of ['decision.proof', 'decision.verify']) {
      const answer = await client.request(
        addressOf(operation),
        { decisionId: body.decisionId },
        { headers: KNOWN },
      );
      assert.is(answer.headers['nats-service-error'], undefined, answer.data.toString());
      assertForm(`${operation}.reply`, jsonOf(answer));
    }
    for (const operation of ['agent.list', 'actor.tree', 'decision.list', 'review.queue', 'health.read']) {
      const answer = await client.request(addressOf(operation), {}, { headers: KNOWN });
      assert.is(answer.headers['nats-service-error'], undefined, answer.data.toString());
      assertForm(`${operation}.reply`, jsonOf(answer));
    }
  });

  test('without credentials nothing is served, and the refusal is the typed error of the document', async () => {
    for (const headers of [{}, { [headerFor(/^API key/)]: 'guess' }]) {
      const refused = await client.request(addressOf('decision.evaluate'), BENIGN, { headers });
      assertForm('error', jsonOf(refused));
      assert.is(refused.headers['nats-service-error-code'], '401');
    }
    const scope = await client.request(addressOf('key.list'), {}, { headers: KNOWN });
    assert.is(scope.headers['nats-service-error'], 'permission_denied');
  });

  test('the door answers with the same document', async () => {
    const answer = jsonOf<Document>(await client.request(addressOf('document.read'), {}));
    assert.equal(Object.keys(answer.channels), Object.keys(document.channels));
  });
}
