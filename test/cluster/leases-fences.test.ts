/** Each fence is needed: without it the same runs, green with it, show what it prevents. */
import type { Fence } from '../../runtime/kernel/actor.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import { assert, suite } from '../harness.ts';
import { runContention } from './leases/contention.ts';
import { CALM } from './leases/fault-store.ts';
import { FenceBook, LeaseWorld, TIMES, TwoHolders } from './leases/lease-world.ts';
import type { Weakening } from './leases/lease-world.ts';
import { BLIND_TO_NEWER, REMOVALS, UNPROVEN, WallDetector } from './leases/removals.ts';

const test = suite('leases: fences', { limitMs: 120_000 });
const SEEDS = 200;

/** First of the seeds that shows two holders. */
async function firstBadSeed(weakening: Weakening): Promise<number | undefined> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      await runContention(seed, { forMs: 15_000, node: weakening });
    } catch (error) {
      if (error instanceof TwoHolders) return seed;
      throw error;
    }
  }
  return undefined;
}

for (const [what, weakening] of Object.entries(REMOVALS)) {
  test(`without ${what} two nodes hold one claim`, async () => {
    assert.ok((await firstBadSeed(weakening)) !== undefined, `none of ${SEEDS} seeds showed it`);
  });
}

/** A holder whose clock loses 5 %, watched by one whose clock gains 5 %, is cut off at each phase of its beat. */
async function overlapsAtTheBound(node: Weakening): Promise<boolean> {
  for (let phaseMs = 0; phaseMs < 5_000; phaseMs += 100) {
    const world = new LeaseWorld(1 + phaseMs, { ...CALM, latencyMs: [0.1, 1] });
    const book = new FenceBook(phaseMs);
    const holder = world.add('a', { ...node, rate: 0.95 });
    const other = world.add('b', { ...node, rate: 1.05 });
    await world.advance(2_000 + phaseMs);
    const held = await world.sim.until(holder.claims.take('singleton.x'));
    book.add('singleton.x', holder, held!.fence);
    other.claims.onChange(() => {
      if (other.claims.get('singleton.x')?.holder !== undefined) return;
      void other.claims.take('singleton.x').then((taken) => book.add('singleton.x', other, taken!.fence));
    });
    holder.cut(true);
    try {
      await world.until(
        () => book.holders('singleton.x')[0] === other,
        4_000,
        () => book.assertOne(),
      );
    } catch (error) {
      if (error instanceof TwoHolders) return true;
      throw error;
    }
  }
  return false;
}

test('without the margin clocks that are 5 % off, each its own way, are too much', async () => {
  assert.is(await overlapsAtTheBound({}), false);
  assert.is(await overlapsAtTheBound({ marginShare: 0 }), true);
});

/** Takes a claim of a node that this one never heard of, because its watch of the members stands still. */
async function takesFromUnknown(weakening: Weakening): Promise<boolean> {
  const world = new LeaseWorld(11);
  let isStill = false;
  const stillWatch = (kv: KvPort): KvPort => ({
    ...kv,
    async *watch(prefix, signal) {
      for await (const change of kv.watch(prefix, signal)) {
        if (!(isStill && prefix === 'members.')) yield change;
      }
    },
  });
  const blind = world.add('a', { ...weakening, wrapKv: stillWatch });
  await world.advance(2_000);
  isStill = true;
  const late = world.add('b');
  await world.advance(1_000);
  await world.sim.until(late.claims.take('singleton.x'));
  await world.advance(50);
  assert.is(blind.claims.get('singleton.x')?.holder?.node, 'b');
  assert.is(blind.members.fate('b', late.incarnation), 'unknown');
  const taken = await world.sim.until(blind.claims.take('singleton.x'));
  assert.ok(late.lease.isHeld());
  return taken !== undefined;
}

test('without proof that a holder never seen is over, one that has just joined is robbed', async () => {
  assert.is(await takesFromUnknown({}), false);
  assert.is(await takesFromUnknown(UNPROVEN), true);
});

/** How long two hold one claim when the clock of the first runs at 0.3, far beyond the bound. */
async function overlapMs(makeFence: Weakening['makeFence']): Promise<number> {
  const world = new LeaseWorld(9);
  const mute = (kv: KvPort): KvPort => ({
    ...kv,
    // Its renewals never arrive any more; what it watches still does.
    update: (key, value, revision) =>
      isMute && key.startsWith('members.') ? new Promise(() => {}) : kv.update(key, value, revision),
  });
  let isMute = false;
  const holder = world.add('a', { rate: 0.3, wrapKv: mute, ...(makeFence && { makeFence }) });
  const other = world.add('b');
  await world.advance(3_000);
  const first: Fence = (await world.sim.until(holder.claims.take('singleton.x')))!.fence;
  isMute = true;
  await world.until(() => other.members.get('a') === undefined, 5_000);
  const second = (await world.sim.until(other.claims.take('singleton.x')))!.fence;
  let overlap = 0;
  let lastMs = world.nowMs;
  await world.advance(8_000, () => {
    if (first.isHeld() && second.isHeld()) overlap += world.nowMs - lastMs;
    lastMs = world.nowMs;
  });
  return overlap;
}

test('a holder whose clock is far off stops when it sees its successor; without that fence only by its clock', async () => {
  const withFence = await overlapMs(undefined);
  const without = await overlapMs(BLIND_TO_NEWER.makeFence);
  assert.ok(withFence < 50, `${withFence} ms`);
  assert.ok(without > 1_000, `${without} ms`);
});

async function lostInAnOutage(node: Weakening): Promise<number> {
  let lost = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const world = new LeaseWorld(seed, { ...CALM, latencyMs: [0.5, 40] });
    const nodes = world.addMany(5, node, 0.05);
    await world.advance(3_000);
    world.store.isAway = true;
    await world.advance(8_000);
    world.store.isAway = false;
    await world.advance(5_000);
    lost += nodes.filter(({ lease }) => lease.state === 'lost').length;
  }
  return lost;
}

test('without counting only the time in which the store took writes, an outage kills those who live', async () => {
  assert.is(await lostInAnOutage({}), 0);
  assert.ok((await lostInAnOutage({ makeDetector: () => new WallDetector(TIMES) })) > 0);
});
