import { MemoryDecisionIndex } from '../../../../runtime/store/memory/memory-decision-index.ts';
import { MemoryKeys } from '../../../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../../../runtime/store/memory/memory-ledger.ts';
import { Simulation, query, spawn, start } from '../../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../../runtime/kernel/index.ts';
import { assert, suite } from '../../../../test/harness.ts';
import type { FeederMessage, FeederReply } from '../messages.ts';
import { indexFeeder } from './index-feeder.ts';

const test = suite('index feeder');

/** A feeder on simulated time over a memory log; `applied` holds the size of each write. */
async function rig(failCount = 0) {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  const keys = new MemoryKeys({ clock: sim.clock, seed: 'feeder' });
  const ledger = new MemoryLedger({ logId: 'log', clock: sim.clock, keys });
  const index = new MemoryDecisionIndex();
  const applied: number[] = [];
  let left = failCount;
  const counted = Object.assign(Object.create(index) as MemoryDecisionIndex, {
    apply: async (entries: Parameters<MemoryDecisionIndex['apply']>[0]) => {
      if (left-- > 0) throw new Error('the database is gone');
      applied.push(entries.length);
      return index.apply(entries);
    },
    position: () => index.position(),
  });
  const { behavior, options } = indexFeeder(ledger, counted);
  const feeder = spawn(system, behavior, 'index', options) as ActorRef<FeederMessage>;
  const write = async (): Promise<void> => {
    const { entry } = await ledger.append({ kind: 'event', tenant: 't', payload: {} });
    feeder.tell({ type: 'entry', entry });
  };
  const sync = (): Promise<FeederReply> =>
    query(feeder, (replyTo: ActorRef<FeederReply>): FeederMessage => ({ type: 'sync', replyTo }), {
      timeoutMs: 1_000,
    });
  return { sim, write, sync, applied, index, ledger, feeder };
}

test('entries that come within a quarter of a second are one write', async () => {
  const { sim, write, applied, index } = await rig();
  for (let count = 0; count < 20; count += 1) {
    await sim.until(write());
    await sim.advance(10);
  }
  assert.equal(applied, []);
  await sim.advance(60);
  assert.equal(applied, [20]);
  assert.is(await index.position(), 20);
  await sim.until(write());
  await sim.advance(260);
  assert.equal(applied, [20, 1]);
});

test('who asks for a current index does not wait for the timer', async () => {
  const { sim, write, sync, applied } = await rig();
  await sim.until(write());
  await sim.until(write());
  const before = sim.clock.monotonicMs();
  assert.equal(await sim.until(sync()), { isCurrent: true });
  assert.is(sim.clock.monotonicMs(), before);
  assert.equal(applied, [2]);
  await sim.advance(300);
  assert.equal(applied, [2]);
});

test('a write that fails is made again, and whoever waits is told that the index is behind', async () => {
  const { sim, write, sync, applied, index } = await rig(2);
  await sim.until(write());
  assert.equal(await sim.until(sync()), { isCurrent: false });
  await sim.advance(1_000);
  assert.equal(applied, [1]);
  assert.is(await index.position(), 1);
});

test('an entry that is known and not here yet is waited for, not asked for without pause', async () => {
  const { sim, write, sync, applied, ledger, feeder } = await rig();
  await sim.until(write());
  const append = async (number: number) =>
    (await ledger.append({ kind: 'event', tenant: 't', payload: { number } })).entry;
  await sim.until(append(1));
  const last = await sim.until(append(2));
  const whole = ledger.entry.bind(ledger);
  let isHere = false;
  ledger.entry = async (index) => (isHere || index < 1 ? whole(index) : undefined);
  feeder.tell({ type: 'entry', entry: last });
  const synced = sync();
  const before = sim.stepCount;
  await sim.advance(500);
  assert.ok(sim.stepCount - before < 200, `${sim.stepCount - before} steps`);
  assert.equal(applied, [1]);
  isHere = true;
  assert.equal(await sim.until(synced), { isCurrent: true });
  assert.equal(applied, [1, 2]);
});
