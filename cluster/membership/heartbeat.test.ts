import { WitanError } from '../../contracts/errors.ts';
import { SimClock } from '../../runtime/kernel/index.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import { MemoryKv } from '../../runtime/store/memory/memory-kv.ts';
import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { Heartbeat } from './heartbeat.ts';
import type { HeartbeatOutput } from './heartbeat.ts';
import { LeaseCell } from './lease-cell.ts';
import { decodeMember, encodeMember } from './member-key.ts';

const test = suite('heartbeat');
const INCARNATION = '00000000000000aa';
const KEY = `members.a.${INCARNATION}`;

/** A heartbeat over a store in memory whose calls a test may change. */
class Fixture {
  readonly clock = new SimClock();
  readonly store = new MemoryKv();
  readonly cell = new LeaseCell();
  readonly outputs: HeartbeatOutput[] = [];
  readonly errors: string[] = [];
  readonly heartbeat: Heartbeat;
  /** Called in place of the store's update or create; undefined: the store's own. */
  write: ((work: () => Promise<number>) => Promise<number>) | undefined;

  constructor() {
    const { store } = this;
    const through = (work: () => Promise<number>): Promise<number> => this.write?.(work) ?? work();
    const kv: KvPort = {
      get: (key) => store.get(key),
      create: (key, value) => through(() => store.create(key, value)),
      update: (key, value, revision) => through(() => store.update(key, value, revision)),
      put: (key, value) => store.put(key, value),
      delete: (key, revision) => store.delete(key, revision),
      keys: (prefix) => store.keys(prefix),
      watch: (prefix, signal) => store.watch(prefix, signal),
      close: () => store.close(),
    };
    this.heartbeat = new Heartbeat({
      kv,
      clock: this.clock,
      cell: this.cell,
      identity: {
        node: 'a',
        incarnation: INCARNATION,
        protocol: { min: 1, max: 1 },
        version: '1.2.3',
        roles: ['worker'],
        labels: { gpu: 'true' },
      },
      times: { beatMs: 500, leaseMs: 2_000, hungMs: 10_000 },
      onOutput: (output) => this.outputs.push(structuredClone(output)),
      onFailure: ({ code }) => this.errors.push(code),
    });
  }

  async record() {
    const entry = await this.store.get(KEY);
    return entry && decodeMember(KEY, entry.value);
  }

  get isHeld(): boolean {
    return this.cell.isHeldAt(this.clock.monotonicMs());
  }

  get state(): string | undefined {
    return this.outputs.at(-1)?.state;
  }
}

const unanswered = (): Promise<never> => Promise.reject(new WitanError('unavailable', 'no answer'));

test('joins, renews each beat, and writes what the main loop says', async () => {
  const f = new Fixture();
  f.heartbeat.start();
  f.heartbeat.start();
  await settle();
  assert.is((await f.record())?.state, 'joining');
  assert.ok(f.isHeld);
  f.heartbeat.update({ state: 'up', load: 3, lagMs: 12 });
  await settle();
  assert.equal(await f.record(), {
    format: 'witan-member/1',
    node: 'a',
    incarnation: INCARNATION,
    state: 'up',
    protocol: { min: 1, max: 1 },
    version: '1.2.3',
    roles: ['worker'],
    labels: { gpu: 'true' },
    beat: 2,
    lagMs: 12,
    load: 3,
  });
  await advance(f.clock, 2_000);
  assert.is((await f.record())?.beat, 6);
  assert.ok(f.outputs.every(({ state }) => state === 'held'));
  assert.is(f.outputs.at(-1)!.heldUntilMs, 2_000 + 1_800);
  f.heartbeat.update({ state: 'draining', load: 0, lagMs: 0 });
  await settle();
  assert.is((await f.record())?.state, 'draining');
  await f.heartbeat.stop();
  await f.heartbeat.stop();
  assert.is(await f.record(), undefined);
  assert.not.ok(f.isHeld);
  assert.is(f.state, 'lost');
  await advance(f.clock, 5_000);
  assert.is(await f.record(), undefined);
});

test('a renewal whose answer was lost is adopted by the next one', async () => {
  const f = new Fixture();
  f.heartbeat.start();
  await settle();
  f.write = async (work) => {
    f.write = undefined;
    await work();
    return unanswered();
  };
  await advance(f.clock, 500);
  assert.is((await f.record())?.beat, 2);
  await advance(f.clock, 500);
  assert.equal(f.errors, ['unavailable', 'stale_writer']);
  assert.is(f.state, 'held');
  assert.is(f.outputs.at(-1)!.heldUntilMs, 500 + 1_800);
  await advance(f.clock, 500);
  assert.is(f.outputs.at(-1)!.heldUntilMs, 1_500 + 1_800);
});

test('so is the creation of the key', async () => {
  const f = new Fixture();
  f.write = async (work) => {
    f.write = undefined;
    await work();
    return unanswered();
  };
  f.heartbeat.start();
  await settle();
  assert.not.ok(f.isHeld);
  await advance(f.clock, 500);
  assert.ok(f.isHeld);
  assert.is(f.outputs.at(-1)!.heldUntilMs, 1_800);
});

test('suspended when the own clock runs out, held again by a renewal at the same revision', async () => {
  const f = new Fixture();
  f.heartbeat.start();
  f.heartbeat.update({ state: 'up', load: 0, lagMs: 0 });
  await settle();
  f.write = unanswered;
  await advance(f.clock, 1_799);
  assert.ok(f.isHeld);
  await advance(f.clock, 2);
  assert.not.ok(f.isHeld);
  assert.is(f.state, 'suspended');
  f.heartbeat.update({ state: 'up', load: 0, lagMs: 0 });
  await advance(f.clock, 6_000);
  f.write = undefined;
  f.heartbeat.update({ state: 'up', load: 0, lagMs: 0 });
  await advance(f.clock, 500);
  assert.is(f.state, 'held');
  assert.ok(f.isHeld);
});

test('the end that another wrote is for good', async () => {
  const f = new Fixture();
  f.heartbeat.start();
  await settle();
  const entry = (await f.store.get(KEY))!;
  const record = { ...decodeMember(KEY, entry.value)!, state: 'gone' as const, goneBy: 'b' };
  await f.store.update(KEY, encodeMember(record), entry.revision);
  await advance(f.clock, 500);
  assert.is(f.state, 'lost');
  assert.not.ok(f.isHeld);
  const revision = (await f.store.get(KEY))!.revision;
  await advance(f.clock, 5_000);
  await f.heartbeat.stop();
  assert.is((await f.store.get(KEY))?.revision, revision, 'neither renewed nor removed');
});

test('a late main loop is written as lag, a hung one is renewed no more until it speaks again', async () => {
  const f = new Fixture();
  f.heartbeat.start();
  f.heartbeat.update({ state: 'up', load: 0, lagMs: 0 });
  await advance(f.clock, 9_500);
  assert.is((await f.record())?.lagMs, 9_000);
  assert.ok(f.isHeld);
  await advance(f.clock, 3_000);
  assert.not.ok(f.isHeld);
  assert.is(f.state, 'suspended');
  f.heartbeat.update({ state: 'up', load: 0, lagMs: 5 });
  await settle();
  assert.ok(f.isHeld);
  assert.is((await f.record())?.lagMs, 5);
});

test('writes without an answer are bounded, and a late answer counts from when its write was sent', async () => {
  const f = new Fixture();
  f.heartbeat.start();
  await settle();
  const open: (() => void)[] = [];
  f.write = (work) => new Promise((resolve, reject) => open.push(() => work().then(resolve, reject)));
  await advance(f.clock, 9_900);
  assert.is(open.length, 16);
  f.heartbeat.update({ state: 'joining', load: 0, lagMs: 0 });
  open[0]!();
  await settle();
  assert.is(f.outputs.at(-1)!.heldUntilMs, 500 + 1_800);
  assert.is(f.state, 'suspended');
});

test('stop before start, and with a store that does not answer, ends', async () => {
  const unborn = new Fixture();
  await unborn.heartbeat.stop();
  unborn.heartbeat.start();
  await advance(unborn.clock, 1_000);
  assert.is(await unborn.record(), undefined);
  const f = new Fixture();
  f.heartbeat.start();
  await settle();
  await f.store.close();
  await f.heartbeat.stop();
  assert.not.ok(f.isHeld);
});
