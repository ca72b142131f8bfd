/** What runs once in a cluster, asked on every node at the same place. */
import { startRemoting } from '../../cluster/remote/start-remoting.ts';
import type { NodeRemoting } from '../../cluster/remote/start-remoting.ts';
import { WitanError } from '../../contracts/errors.ts';
import { onceIn } from '../../runtime/host/cluster/once/once.ts';
import type { OnceCluster, OnceRun } from '../../runtime/host/cluster/once/once.ts';
import { query } from '../../runtime/kernel/index.ts';
import type { ActorRef } from '../../runtime/kernel/index.ts';
import { MemoryBus } from '../../runtime/store/memory/memory-bus.ts';
import { actorChild } from '../../supervisors/child-spec.ts';
import { assert, suite } from '../harness.ts';
import { LeaseWorld } from './leases/lease-world.ts';
import type { LeaseNode } from './leases/lease-world.ts';

const test = suite('once in a cluster', { limitMs: 60_000 });

type Count = { readonly type: 'count'; readonly replyTo: ActorRef<string> } | { readonly type: 'crash' };

/** A node whose counter lives at `/counter`. */
class Place implements OnceCluster {
  readonly node: string;
  readonly claims;
  readonly remoting: NodeRemoting;
  readonly lease: LeaseNode;
  readonly #begun = new Set<(run: OnceRun) => () => void>();

  constructor(lease: LeaseNode, remoting: NodeRemoting) {
    this.lease = lease;
    this.node = lease.name;
    this.claims = lease.claims;
    this.remoting = remoting;
  }

  eachRun(begin: (run: OnceRun) => () => void): () => void {
    this.#begun.add(begin);
    begin(this.lease);
    return () => void this.#begun.delete(begin);
  }

  /** `node:count` of the counter, wherever it runs. */
  count(timeoutMs = 20_000): Promise<string> {
    const counter = this.lease.system.resolve('/counter') as ActorRef<Count>;
    const message = (replyTo: ActorRef<string>): Count => ({ type: 'count', replyTo });
    return query(counter, message, { timeoutMs, via: this.lease.system });
  }
}

async function world(...roles: (readonly string[])[]) {
  const leases = new LeaseWorld(7);
  const bus = new MemoryBus({ clock: leases.sim.clock });
  const places: Place[] = [];
  for (const [at, own] of roles.entries()) {
    const lease = leases.add(`node-${at}`, { roles: own });
    const { system, members } = lease;
    const remoting = await startRemoting({ system, bus, members, cluster: 'test' });
    const place = new Place(lease, remoting);
    const spec = actorChild<number, Count>({
      id: 'counter',
      behavior: (count, message) => {
        if (message.type === 'crash') throw new WitanError('internal', 'broken');
        message.replyTo.tell(`${place.node}:${count}`);
        return count + 1;
      },
      options: { initialState: 0 },
    });
    onceIn(place, { spec, need: { roles: ['platform'] } }).start(system.root);
    places.push(place);
  }
  const answers = async (asked: readonly Place[]): Promise<string[]> => {
    const asking = asked.map((place) => place.count().catch((error: WitanError) => error.code));
    await leases.advance(25_000);
    return Promise.all(asking);
  };
  return { leases, places, answers };
}

test('asked everywhere at once, one counts for all', async () => {
  const { places, answers } = await world(['platform'], ['platform'], ['platform']);
  const told = await answers([...places, ...places]);
  assert.is(new Set(told.map((text) => text.split(':')[0])).size, 1);
  assert.equal(told.map((text) => Number(text.split(':')[1])).sort(), [0, 1, 2, 3, 4, 5]);
});

test('it runs where the roles are, and is asked from elsewhere', async () => {
  const { places, answers } = await world(['worker'], ['platform'], ['worker']);
  assert.equal((await answers(places)).sort(), ['node-1:0', 'node-1:1', 'node-1:2']);
});

test('after the death of its node another runs it, anew', async () => {
  const { leases, places, answers } = await world(['platform'], ['platform'], ['platform']);
  const [first] = await answers(places);
  const owner = places.find(({ node }) => first!.startsWith(node))!;
  owner.lease.crash();
  await leases.advance(10_000);
  const rest = places.filter((place) => place !== owner);
  const told = await answers(rest);
  assert.is(new Set(told.map((text) => text.split(':')[0])).size, 1);
  assert.not(told[0]!.startsWith(owner.node));
  assert.equal(told.map((text) => text.split(':')[1]).sort(), ['0', '1']);
});

test('where no node may run it, who asks learns that in time', async () => {
  const { places, answers } = await world(['worker']);
  assert.equal(await answers(places), ['deadline_exceeded']);
});
