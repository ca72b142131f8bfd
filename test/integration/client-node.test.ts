/** The client against a whole node: verdicts, live events, offline checks of honest and of forged proofs. */
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { connect } from '../../transport/client/index.ts';
import type { WitanClient } from '../../transport/client/index.ts';
import { BENIGN } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';

const test = suite('client-node', { limitMs: 180_000 });
let host: Host;
let client: WitanClient;

test.before(async () => {
  host = await createHost({ dataDir: null, settings: { http: { port: 0 }, grpc: { port: 0 } } });
  await host.start();
  client = await connect({ http: host.address!.url });
});
test.after(async () => {
  await client.close();
  await host.stop({ graceMs: 500 });
});

test('a decision is made, followed, read and listed', async () => {
  const decisionId = await client.submit({ ...BENIGN });
  const types: string[] = [];
  for await (const item of client.watch(decisionId))
    types.push(item.kind === 'event' ? item.event.type : item.kind);
  assert.equal(
    [types[0], types.at(-1), types.filter((type) => type === 'ballot').length],
    ['opened', 'final', 12],
  );
  assert.is((await client.read(decisionId)).state, 'final');
  assert.is((await client.list({ limit: 1 })).items[0]!.decisionId, decisionId);
  assert.is((await client.agents()).length, 12);
});

test('the same key from two clients is one decision', async () => {
  const second = await connect({ http: host.address!.url });
  const options = { idempotencyKey: 'one' };
  const [a, b] = await Promise.all([client.evaluate(BENIGN, options), second.evaluate(BENIGN, options)]);
  assert.is(a.body.decisionId, b.body.decisionId);
  await second.close();
});

test('a proof is checked without the node, and anything changed in it is found', async () => {
  const { decisionId } = (await client.evaluate(BENIGN)).body;
  const pinned = host.pinnedKey();
  const honest = await client.verify(decisionId, pinned);
  assert.equal([honest.ok, honest.mismatch, honest.verdict?.outcome], [true, null, 'approved']);
  const proof = await client.proof(decisionId);
  const forged = structuredClone(proof);
  forged.final.canonical = forged.final.canonical.replace('"approved"', '"rejected"');
  assert.is((await client.verify(forged, pinned)).ok, false);
  const stranger = { ...pinned, publicKeys: ['22'.repeat(32)] };
  assert.is((await client.verify(proof, stranger)).mismatch?.check, 'signature');
  const other = (await client.evaluate({ ...BENIGN, text: 'Another question.' })).body.decisionId;
  const swapped = await connect({
    http: host.address!.url,
    fetch: (input, init) => fetch(String(input).replace(other, decisionId), init),
  });
  const { ok, mismatch } = await swapped.verify(other, pinned);
  assert.equal([ok, mismatch?.check], [false, 'same-decision']);
});
