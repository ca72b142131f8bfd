/** A whole node behind its gRPC door, spoken to by clients that none of us wrote. */
import { fromBinary } from '@bufbuild/protobuf';
import { ChannelCredentials } from '@grpc/grpc-js';
import { GrpcReflection } from 'grpc-js-reflection-client';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { WIRE } from '../../contracts/proto/convert/wire-messages.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { ErrorSchema } from '../../contracts/proto/gen/witan/v1/errors_pb.ts';
import { Operator } from '../../contracts/proto/gen/witan/v1/operator_service_pb.ts';
import { createHost, verifyDecisionProof } from '../../index.ts';
import type { Host } from '../../index.ts';
import { GrpcTestClient, reading } from '../doors/grpc-client.ts';
import { assert, suite } from '../harness.ts';

const ROOT = join(import.meta.dirname, '../..');
const test = suite('grpc-node', { limitMs: 180_000 });
let host: Host;
let client: GrpcTestClient;

test.before(async () => {
  host = await createHost({
    dataDir: null,
    settings: { http: { port: 0 }, deadlines: { decisionMs: 30_000, policyMs: 10_000, checksMs: 10_000 } },
  });
  await host.start();
  client = new GrpcTestClient(host.grpcAddress!.target);
});
test.after(async () => {
  client.close();
  await host.stop();
});

interface Curl {
  readonly status: number;
  readonly output: string;
}

function bufCurl(method: string, data: string, flags: readonly string[] = []): Promise<Curl> {
  const url = `http://${host.grpcAddress!.target}/${method}`;
  const args = ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', ...flags, '-d', data, url];
  const child = spawn(join(ROOT, 'node_modules/.bin/buf'), args, { cwd: ROOT });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ status: code ?? 1, output })));
}

const SCHEMA = ['--schema', 'contracts/proto'];

test('a decision goes through the council, its events, record and proof come back', async () => {
  const decision = { type: 'chat', text: 'What is the capital of Portugal?', council: 2 as const };
  const { decisionId, verdict } = await client.unary(Council.method.evaluate, { decision });
  const parsed = WIRE.verdict.schema.parse(WIRE.verdict.decode(verdict!));
  assert.is(parsed.ballots.length, 12);
  const events = reading(client.serverStream(Council.method.watch, { decisionId }));
  const [opened] = await events.next(1);
  assert.is(opened?.message.case === 'event' && opened.message.value.type.case, 'opened');
  const { proof } = await client.unary(Council.method.getProof, { decisionId });
  const proved = WIRE.decisionProof.schema.parse(WIRE.decisionProof.decode(proof!));
  assert.is(verifyDecisionProof(proved, host.pinnedKey()).ok, true);
  assert.is((await client.unary(Council.method.verify, { decisionId })).verified, true);
  const { items } = await client.unary(Council.method.listDecisions, {});
  assert.is(items[0]?.decisionId, decisionId);
  assert.is((await client.unary(Council.method.listAgents, {})).items.length, 12);
  const { decision: view } = await client.unary(Council.method.getDecision, { decisionId });
  assert.is(WIRE.decisionView.schema.parse(WIRE.decisionView.decode(view!)).state, 'final');
});

test('the tree of a live node is listed and an actor is asked', async () => {
  const { items } = await client.unary(Operator.method.tree, { pathPrefix: '/council' });
  const actors = items.map((item) => WIRE.actorView.schema.parse(WIRE.actorView.decode(item)));
  assert.ok(actors.some(({ path }) => path === '/council/guardian'));
  const { actor } = await client.unary(Operator.method.actor, { path: '/council/guardian' });
  assert.is(actor?.name, 'guardian');
});

test('buf curl with the shipped schema asks for a decision', async () => {
  const data = JSON.stringify({
    decision: { type: 'chat', text: 'Good morning', riskLevel: 'RISK_LEVEL_LOW' },
  });
  const { status, output } = await bufCurl('witan.v1.Council/Evaluate', data, SCHEMA);
  assert.is(status, 0, output);
  const answer = JSON.parse(output) as { verdict: { body: { outcome: string } } };
  assert.is(answer.verdict.body.outcome, 'OUTCOME_APPROVED');
});

test('buf curl shows what is wrong with a call', async () => {
  const { status, output } = await bufCurl(
    'witan.v1.Council/Evaluate',
    '{"decision":{"type":"chat"}}',
    SCHEMA,
  );
  assert.is.not(status, 0);
  const failed = JSON.parse(output) as { code: string; details: { value: string }[] };
  assert.is(failed.code, 'invalid_argument');
  const error = fromBinary(ErrorSchema, Buffer.from(failed.details[0]!.value, 'base64'));
  assert.equal([error.code, error.path], ['invalid_argument', 'text']);
});

test('a client without any schema finds the services by reflection', async () => {
  const reflection = new GrpcReflection(host.grpcAddress!.target, ChannelCredentials.createInsecure());
  const services = await reflection.listServices();
  assert.equal([...services].sort(), ['witan.v1.Agents', 'witan.v1.Council', 'witan.v1.Operator']);
  const methods = await reflection.listMethods('witan.v1.Council');
  assert.equal(methods.map(({ name }) => name).sort(), Council.methods.map(({ name }) => name).sort());
  const descriptor = await reflection.getDescriptorBySymbol('witan.v1.Council');
  const { Council: Foreign } = (
    descriptor.getPackageObject({ keepCase: true, enums: String }) as unknown as ForeignPackage
  ).witan.v1;
  const foreign = new Foreign(host.grpcAddress!.target, ChannelCredentials.createInsecure());
  const answer = await new Promise<{ decision_id: string; verdict: { body: { decision_id: string } } }>(
    (resolve, reject) =>
      foreign.Evaluate({ decision: { type: 'chat', text: 'Good evening' } }, (error, value) =>
        error ? reject(error) : resolve(value),
      ),
  );
  assert.is(answer.verdict.body.decision_id, answer.decision_id);
  foreign.close();
});

interface ForeignClient {
  Evaluate(
    request: object,
    callback: (
      error: Error | null,
      value: { decision_id: string; verdict: { body: { decision_id: string } } },
    ) => void,
  ): void;
  close(): void;
}

interface ForeignPackage {
  readonly witan: {
    readonly v1: { readonly Council: new (target: string, credentials: ChannelCredentials) => ForeignClient };
  };
}
