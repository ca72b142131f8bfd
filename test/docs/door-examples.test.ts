/** The examples of the doors run against a started node and print what stands beside them, whole. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeKey, startNode } from '../doors/started-node.ts';
import type { StartedNode } from '../doors/started-node.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';
import { runExample } from './run-example.ts';

const FOLDER = join(import.meta.dirname, '../../examples/doors');
const test = suite('door examples', { limitMs: 180_000 });
let nats: NatsServer | undefined;
let node: StartedNode;
let key: string;

test.before(async () => {
  nats = NATS_MISSING ? undefined : await startNats();
  node = await startNode(nats ? { WITAN_NATS_URL: nats.url } : {});
  key = await madeKey(node.url, ['submitter', 'agent']);
});
test.after(async () => {
  assert.is(await node?.end(), 0);
  await nats?.end();
});

const LINES_MAX_COUNT: Readonly<Record<string, number>> = {
  client: 80,
  fastify: 80,
  grpc: 80,
  http: 80,
  nats: 80,
  'outside-agent': 120,
};

test('one example for each door, each short, each with what it prints', () => {
  const files = readdirSync(FOLDER).sort();
  const names = Object.keys(LINES_MAX_COUNT);
  assert.equal(files, names.flatMap((name) => [`${name}.expected.txt`, `${name}.ts`]).sort());
  for (const [name, maxCount] of Object.entries(LINES_MAX_COUNT)) {
    const lineCount = readFileSync(join(FOLDER, `${name}.ts`), 'utf8').split('\n').length - 1;
    assert.ok(lineCount <= maxCount, `${name}.ts has ${lineCount} lines`);
  }
});

test('the node says where its doors are', () => {
  assert.match(node.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(node.grpc, /^127\.0\.0\.1:\d+$/);
  assert.equal(node.nats, nats ? [`127.0.0.1:${nats.port}`] : null);
});

/** Example, what it is run over, and its address. */
const RUNS: readonly [string, string, () => string | undefined][] = [
  ['http', 'HTTP', () => node.url],
  ['grpc', 'gRPC', () => node.grpc],
  ['outside-agent', 'gRPC', () => node.grpc],
  ['fastify', 'no door of ours', () => undefined],
  ['client', 'HTTP', () => node.url],
  ['client', 'gRPC', () => node.grpc],
  ['nats', 'NATS', () => nats!.url],
  ['client', 'NATS', () => nats!.url],
];

for (const [name, door, address] of RUNS) {
  const title = `${name}.ts over ${door} prints what ${name}.expected.txt says`;
  if (door === 'NATS' && NATS_MISSING) test.skip(title, NATS_MISSING);
  else test(title, ({ signal }) => printsAsExpected(name, address(), signal));
}

test('what is printed does not change when the same decisions come again', ({ signal }) =>
  printsAsExpected('grpc', node.grpc, signal));

async function printsAsExpected(
  name: string,
  address: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const args = [join(FOLDER, `${name}.ts`), ...(address ? [address] : [])];
  const { code, out, faults } = await runExample(args, signal, { WITAN_API_KEY: key });
  assert.is(code, 0, faults);
  assert.is(faults, '');
  assert.fixture(out, readFileSync(join(FOLDER, `${name}.expected.txt`), 'utf8'));
}
