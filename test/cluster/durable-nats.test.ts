/** Durable sends over a real server: receivers that die, a broker that restarts, poison, a full queue. */
import { DurableInbox } from '../../cluster/durable/durable-inbox.ts';
import { DurableSender } from '../../cluster/durable/durable-sender.ts';
import { DurableTaker } from '../../cluster/durable/durable-taker.ts';
import type { DurableTakerOptions } from '../../cluster/durable/durable-taker.ts';
import { WitanError } from '../../contracts/errors.ts';
import type { DurableEnvelope } from '../../contracts/messages/cluster/durable.ts';
import { SystemClock, SystemRandom } from '../../runtime/kernel/index.ts';
import { connectNats } from '../../transport/nats/connect-nats.ts';
import type { NatsPorts } from '../../transport/nats/connect-nats.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';

const test = suite('durable sends over nats', { limitMs: 60_000 });
const clock = new SystemClock();
const random = new SystemRandom();
const TERMS = { maxDeliveries: 3, firstMs: 20, maxMs: 50 };
// The shortest hold that this test has patience for, and the server keeps.
const ACK_MS = 1_000;

if (NATS_MISSING) test.skip('queues on a real server', NATS_MISSING);
else declare();

/** An account of one owner: the sum of what it was told, in the journal of the server. */
async function account(ports: NatsPorts, { cluster, generation }: { cluster: string; generation: number }) {
  const journal = await ports.openJournal({ cluster, maxBytes: 16_777_216 });
  return new DurableInbox({
    journal,
    key: 'durable.account.1',
    fence: { generation, isHeld: () => true },
    clock,
    initial: 0,
    apply: (sum: number, { payload }) => sum + (payload as number),
  });
}

const add = (inbox: DurableInbox<number>) => (envelope: DurableEnvelope) => {
  const payload = (envelope.message as { amount: number }).amount;
  return inbox.once(envelope.id, () => [{ type: 'added', schemaVersion: 1, payload }]);
};

function declare(): void {
  let server: NatsServer;
  const open: NatsPorts[] = [];
  test.before(async () => void (server = await startNats()));
  test.after(async () => {
    await Promise.all(open.map((ports) => ports.close()));
    await server.end();
  });

  const connected = async (): Promise<NatsPorts> => {
    const ports = await connectNats({
      url: server.url,
      name: 'durable',
      reconnectWaitMs: 50,
      jetStreamTimeoutMs: 1_000,
    });
    open.push(ports);
    return ports;
  };

  const taker = (
    ports: NatsPorts,
    { queueName, deliver }: Pick<DurableTakerOptions, 'queueName' | 'deliver'>,
  ): DurableTaker => {
    const shared = { queue: ports.workQueue(), queueName, clock, random, ackWaitMs: ACK_MS, terms: TERMS };
    const made = new DurableTaker({ ...shared, concurrency: 4, deliver });
    made.start();
    return made;
  };

  const sender = (ports: NatsPorts, queueName: string): DurableSender =>
    new DurableSender({ queue: ports.workQueue(), queueName, node: 'a', clock, random });

  const declared = async (queueName: string, capacity = 1_000): Promise<NatsPorts> => {
    const ports = await connected();
    const { maxDeliveries } = TERMS;
    await ports.workQueue().declare(queueName, { ackWaitMs: ACK_MS, maxDeliveries, capacity });
    return ports;
  };

  const emptied = async (ports: NatsPorts, queueName: string): Promise<void> => {
    const queue = ports.workQueue();
    while ((await queue.depth(queueName)) > 0) await new Promise<void>((done) => clock.setTimer(20, done));
  };

  test('a receiver that dies between handling and ack: the effect is there once', async () => {
    const queueName = 'c_dies';
    const ports = await declared(queueName);
    const dying = await connected();
    const first = await account(dying, { cluster: 'dies', generation: 1 });
    const tookEffect = new Promise<void>((resolve) => {
      taker(dying, {
        queueName,
        deliver: async (envelope) => {
          await add(first)(envelope);
          resolve();
          await new Promise<never>(() => undefined);
        },
      });
    });
    await sender(ports, queueName).send({ id: 'm1', to: 'ann', message: { amount: 5 } });
    await tookEffect;
    // Its process is gone with its connection: nothing is extended, nothing acknowledged.
    await dying.close();
    const second = await account(ports, { cluster: 'dies', generation: 2 });
    const took: boolean[] = [];
    const next = taker(ports, {
      queueName,
      deliver: async (envelope) => void took.push(await add(second)(envelope)),
    });
    await emptied(ports, queueName);
    await next.stop();
    assert.equal(took, [false], 'known, and acknowledged');
    assert.is(second.state, 5);
  });

  test('a broker that is killed and comes back: each message once, those sent meanwhile too', async () => {
    const queueName = 'c_restart';
    const ports = await declared(queueName);
    const inbox = await account(ports, { cluster: 'restart', generation: 1 });
    const from = sender(ports, queueName);
    const send = (n: number): Promise<void> =>
      from.send({ id: `m${n}`, to: 'ann', message: { amount: 2 ** n } });
    for (let n = 0; n < 8; n++) await send(n);
    const running = taker(ports, {
      queueName,
      deliver: async (envelope) => void (await add(inbox)(envelope)),
    });
    const meanwhile = Array.from({ length: 8 }, (_, n) => send(8 + n));
    await server.kill();
    const late = Array.from({ length: 8 }, (_, n) => send(16 + n));
    await server.restart();
    await Promise.all([...meanwhile, ...late]);
    await emptied(ports, queueName);
    await running.stop();
    // One bit a message: one that is lost or counted twice shows.
    assert.is(inbox.state, 2 ** 24 - 1);
  });

  test('poison is kept with reason and count, for any node to show, to replay and to drop', async () => {
    const queueName = 'c_poison';
    const ports = await declared(queueName);
    let isMended = false;
    const handled: string[] = [];
    const running = taker(ports, {
      queueName,
      deliver: async ({ id }) => {
        if (id === 'bad') throw new WitanError('invalid_argument', 'no such note');
        if (!isMended) throw new WitanError('unavailable', 'nobody owns the shard');
        handled.push(id);
      },
    });
    for (const id of ['bad', 'late']) await sender(ports, queueName).send({ id, to: 'ann', message: 1 });
    await emptied(ports, queueName);
    const queue = (await connected()).workQueue();
    const dead = await queue.poison(queueName);
    assert.equal(
      dead.map(({ id, reason, deliveryCount }) => [id, reason, deliveryCount]),
      [
        ['bad', 'invalid_argument: no such note', 1],
        ['late', 'unavailable: nobody owns the shard (after 3 deliveries)', 3],
      ],
    );
    isMended = true;
    await queue.replay(queueName, 'late');
    await queue.drop(queueName, 'bad');
    await emptied(ports, queueName);
    await running.stop();
    assert.equal(handled, ['late']);
    assert.equal(await queue.poison(queueName), []);
  });

  test('a full queue is overloaded, a repeated id is one message', async () => {
    const queueName = 'c_full';
    const ports = await declared(queueName, 2);
    const from = sender(ports, queueName);
    for (const id of ['a', 'b', 'a']) await from.send({ id, to: 'ann', message: 1 });
    await assertFails(() => from.send({ id: 'c', to: 'ann', message: 1 }), 'overloaded');
    assert.is(await ports.workQueue().depth(queueName), 2);
  });
}
