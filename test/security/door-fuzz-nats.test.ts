/** 10,000 damaged messages at the NATS door: bodies in both forms, headers, raw bytes. */
import { NATS_HEADERS } from '../../contracts/nats-headers.ts';
import { RawNats } from '../doors/raw-nats.ts';
import { NATS_MISSING } from '../nats-server.ts';
import { assert, suite } from '../harness.ts';
import { AttackedNode, heapBytes } from './doors/attacked-node.ts';
import { natsAnswer, natsHeaders } from './doors/callers.ts';
import { Mutator, SEED, together } from './doors/mutator.ts';

const test = suite(`doors: NATS, SEED=${SEED}`, { limitMs: 85_000 });
const HEAP_BOUND = 48 * 1_048_576;
const ID = `d${'0'.repeat(32)}`;

/** Requests that a node understands; what is damaged is one of them. */
const CORPUS: readonly (readonly [operation: string, body: object])[] = [
  [
    'decision.evaluate',
    {
      type: 'chat',
      text: 'Hello',
      messages: [{ role: 'user', content: 'Hello' }],
      context: { a: { b: [1, 2, 3] } },
      idempotencyKey: 'k',
      risk_level: 'low',
    },
  ],
  ['decision.read', { decisionId: ID }],
  ['decision.proof', { decisionId: ID }],
  ['decision.verify', { decisionId: ID }],
  ['decision.list', { limit: 5, outcome: 'held', type: 'chat' }],
  ['decision.follow', { decisionId: ID, afterSequence: 1, credit: 5 }],
  ['agent.activity', { agentId: 'privacy', limit: 1 }],
  [
    'agent.serve',
    { credit: 1, agent: { agentId: 'a', title: 't', mandate: 'm', publicKey: 'x', decisionTypes: [] } },
  ],
  ['review.resolve', { decisionId: ID, action: 'approve', reason: 'because' }],
  ['actor.read', { path: '/nowhere/at/all' }],
  ['actor.command', { path: '/nowhere/at/all', command: 'pause' }],
  ['actor.command', { path: '/nowhere/at/all', message: { type: 'ping' } }],
  ['dead-letter.list', { limit: 3 }],
  ['key.create', { scopes: ['nothing'], label: 'a label' }],
  ['key.rotate', { id: '0'.repeat(16), graceMs: 1 }],
  ['key.revoke', { id: '0'.repeat(16), reason: 'lost' }],
];

if (NATS_MISSING) test.skip('damaged messages', NATS_MISSING);
else {
  let node: AttackedNode;
  test.before(async () => {
    node = await AttackedNode.start();
    await node.assertHealthy();
  });
  test.after(() => node.end());

  test('each damaged message is answered by a code of ours, and memory stays', async () => {
    const { port } = node.nats!;
    const clients = await Promise.all(Array.from({ length: 24 }, () => RawNats.connect(port)));
    const known = natsHeaders({ apiKey: node.key('red') });
    const before = heapBytes();
    const codes = new Map<string, number>();
    const free = [...clients];
    await together(10_000, clients.length, async (at) => {
      const mutator = new Mutator(SEED + at);
      const client = free.pop()!;
      const [operation, body] = mutator.pick(CORPUS);
      const headers: Record<string, string> = { ...known };
      let data: string | Buffer = mutator.json(body);
      if (mutator.below(3) === 0) {
        headers[NATS_HEADERS.contentType] = 'application/x-protobuf';
        data = mutator.bytes(Buffer.from(JSON.stringify(body)));
      }
      if (mutator.below(4) === 0) {
        const name = mutator.pick(Object.values(NATS_HEADERS));
        // A line of headers ends with CR and LF: a value with them is another line, not another value.
        headers[name] = mutator
          .bytes(Buffer.from('Bearer 12'))
          .toString('latin1')
          .replaceAll(/[\r\n]/g, ' ');
      }
      const inbox = client.newInbox();
      const subscription = client.subscribe(inbox);
      client.publish(`witan.v1.${operation}`, data, { replyTo: inbox, headers });
      const message = await subscription.next(20_000);
      subscription.unsubscribe();
      const { code, text } = natsAnswer(message);
      node.assertSaysNothing(text);
      if (['untyped', 'internal', 'crashed'].includes(code))
        assert.unreachable(`${operation} ${String(data).slice(0, 500)}: ${text.slice(0, 500)}`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
      free.push(client);
    });
    for (const client of clients) {
      assert.equal(client.errors, []);
      client.close();
    }
    assert.ok((codes.get('invalid_argument') ?? 0) > 500, JSON.stringify([...codes]));
    await node.assertHealthy();
    const grown = heapBytes() - before;
    assert.ok(grown < HEAP_BOUND, `${grown} bytes more`);
  });
}
