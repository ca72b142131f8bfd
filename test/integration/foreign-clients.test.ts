/**
 * Clients that none of us wrote, each with nothing but what a node publishes: the shipped .proto files,
 * reflection, the AsyncAPI document, the OpenAPI document. Each decides one decision and reads it back.
 */
import { ChannelCredentials } from '@grpc/grpc-js';
import { GrpcReflection } from 'grpc-js-reflection-client';
import { connect, headers, JSONCodec } from 'nats';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { OpenAPIClientAxios } from 'openapi-client-axios';
import type { OpenAPIClient } from 'openapi-client-axios';
import { madeKey, startNode } from '../doors/started-node.ts';
import type { StartedNode } from '../doors/started-node.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const CURL_MISSING = spawnSync('curl', ['--version']).status === 0 ? undefined : 'no curl is installed';
const test = suite('foreign clients', { limitMs: 180_000 });
let nats: NatsServer | undefined;
let node: StartedNode;

test.before(async () => {
  nats = NATS_MISSING ? undefined : await startNats();
  // A server without users takes any; the secret must not be printed.
  node = await startNode(nats ? { WITAN_NATS_URL: nats.url.replace('//', '//someone:secret@') } : {});
});
test.after(async () => {
  await node?.end();
  await nats?.end();
});

const REQUEST = { type: 'chat', text: 'Which trees stand well beside a pond?', council: 'always' } as const;

/** Standard output of a command that must end with 0. */
function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { cwd: ROOT });
  let out = '';
  let faults = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`${command} left with ${code}: ${faults}`)),
    );
  });
}

interface WireDecision {
  readonly decisionId: string;
  readonly state: string;
  readonly verdict: { readonly body: { readonly outcome: string } };
}

async function bufCurl<T>(method: string, data: object): Promise<T> {
  const flags = ['--schema', 'contracts/proto', '--protocol', 'grpc', '--http2-prior-knowledge'];
  const url = `http://${node.grpc}/witan.v1.Council/${method}`;
  const args = ['curl', ...flags, '-d', JSON.stringify(data), url];
  return JSON.parse(await outputOf(join(ROOT, 'node_modules/.bin/buf'), args)) as T;
}

test('buf curl, with the shipped .proto files', async () => {
  const decision = { ...REQUEST, council: 'COUNCIL_MODE_ALWAYS' };
  const { decisionId, verdict } = await bufCurl<WireDecision>('Evaluate', { decision });
  assert.is(verdict.body.outcome, 'OUTCOME_APPROVED');
  const read = await bufCurl<{ decision: WireDecision }>('GetDecision', { decisionId });
  assert.equal([read.decision.decisionId, read.decision.state], [decisionId, 'DECISION_STATE_FINAL']);
  assert.is(read.decision.verdict.body.outcome, 'OUTCOME_APPROVED');
});

type ReflectedDecision = Omit<WireDecision, 'decisionId'> & { readonly decision_id: string };

interface ReflectedCouncil {
  [method: string]: (request: object, done: (error: Error | null, answer: never) => void) => void;
}

test('a client made by reflection, without any file', async () => {
  const channel = ChannelCredentials.createInsecure();
  const reflection = new GrpcReflection(node.grpc, channel);
  assert.ok((await reflection.listServices()).includes('witan.v1.Council'));
  const descriptor = await reflection.getDescriptorBySymbol('witan.v1.Council');
  const made = descriptor.getPackageObject({ keepCase: true, enums: String }) as unknown as {
    witan: { v1: { Council: new (target: string, channel: ChannelCredentials) => ReflectedCouncil } };
  };
  const council = new made.witan.v1.Council(node.grpc, channel);
  const call = <T>(method: string, request: object): Promise<T> =>
    new Promise((resolve, reject) =>
      council[method]!(request, (error, answer: T) => (error ? reject(error) : resolve(answer))),
    );
  const decision = { ...REQUEST, council: 'COUNCIL_MODE_ALWAYS' };
  // Fields have the names of the files: a descriptor holds no others.
  const { decision_id } = await call<{ decision_id: string }>('Evaluate', { decision });
  const { decision: read } = await call<{ decision: ReflectedDecision }>('GetDecision', { decision_id });
  assert.equal(
    [read.decision_id, read.state, read.verdict.body.outcome],
    [decision_id, 'DECISION_STATE_FINAL', 'OUTCOME_APPROVED'],
  );
});

interface AsyncApi {
  readonly channels: Record<string, { address: string }>;
  readonly operations: Record<string, { channel: { $ref: string } }>;
  readonly components: {
    schemas: { RequestHeaders: { properties: Record<string, { description?: string }> } };
  };
}

/** Decides and reads back with the `nats` package, and subjects and headers from the document of the door. */
async function decideOverNats(url: string, key: string): Promise<void> {
  const connection = await connect({ servers: url });
  const json = JSONCodec();
  try {
    // The one subject that a stranger starts from; the rest is in its answer.
    const served = await connection.request('witan.v1.document.read', json.encode({}), { timeout: 10_000 });
    const { asyncapi: _version, ...document } = json.decode(served.data) as AsyncApi & { asyncapi: string };
    const names = Object.entries(document.components.schemas.RequestHeaders.properties);
    const keyHeader = names.find(([, { description }]) => description?.startsWith('API key'))![0];
    const ask = async <T>(operation: string, body: object): Promise<T> => {
      const channel = document.operations[operation]!.channel.$ref.split('/').at(-1)!;
      const head = headers();
      head.set(keyHeader, key);
      const { address } = document.channels[channel]!;
      const answer = await connection.request(address, json.encode(body), { headers: head, timeout: 60_000 });
      assert.is(answer.headers?.get('Nats-Service-Error') ?? '', '', answer.string());
      return json.decode(answer.data) as T;
    };
    const { body } = await ask<{ body: { decisionId: string; outcome: string } }>(
      'decision.evaluate',
      REQUEST,
    );
    const read = await ask<WireDecision>('decision.read', { decisionId: body.decisionId });
    assert.equal(
      [read.decisionId, read.state, body.outcome, read.verdict.body.outcome],
      [body.decisionId, 'final', 'approved', 'approved'],
    );
  } finally {
    await connection.close();
  }
}

test('the node prints where its doors are, and no secret of theirs', () => {
  assert.match(node.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(node.grpc, /^127\.0\.0\.1:\d+$/);
  assert.equal(node.nats, nats ? [`127.0.0.1:${nats.port}`] : null);
});

const NATS_TITLE = 'the nats package, with the AsyncAPI document that the door gives';
if (NATS_MISSING) test.skip(NATS_TITLE, NATS_MISSING);
else
  test(NATS_TITLE, async () =>
    decideOverNats(`nats://${node.nats![0]!}`, await madeKey(node.url, ['submitter'])),
  );

async function decideWithCurl(): Promise<void> {
  const json = ['-H', 'content-type: application/json', '-d', JSON.stringify(REQUEST)];
  const decided = await outputOf('curl', ['-sf', `${node.url}/api/v1/decisions/evaluate`, ...json]);
  const { body } = JSON.parse(decided) as { body: { decisionId: string; outcome: string } };
  assert.is(body.outcome, 'approved');
  const read = await outputOf('curl', ['-sf', `${node.url}/api/v1/decisions/${body.decisionId}`]);
  const view = JSON.parse(read) as WireDecision;
  assert.equal([view.decisionId, view.state], [body.decisionId, 'final']);
}

if (CURL_MISSING) test.skip('curl', CURL_MISSING);
else test('curl', decideWithCurl);

test('a client made from the served OpenAPI document', async () => {
  const api = new OpenAPIClientAxios({
    definition: `${node.url}/openapi.json`,
    withServer: { url: node.url },
  });
  const client: OpenAPIClient = await api.init();
  const { status, data } = await client['evaluateDecision']!(undefined, REQUEST);
  assert.equal([status, data.body.outcome], [200, 'approved']);
  const { decisionId } = data.body;
  const read = await client['readDecision']!({ decisionId });
  assert.equal([read.data.decisionId, read.data.state], [decisionId, 'final']);
  const listed = await client['listDecisions']!({ limit: 1 });
  assert.is(listed.data.items[0].decisionId, decisionId);
  const proof = await client['readProof']!({ decisionId });
  assert.is(proof.data.format, 'witan-decision-proof/1');
});
