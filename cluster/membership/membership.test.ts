import { memberKey } from '../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import { SeededRandom, SimClock } from '../../runtime/kernel/index.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import { MemoryKv } from '../../runtime/store/memory/memory-kv.ts';
import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { decodeMember, encodeMember, epitaph } from './member-key.ts';
import { Membership } from './membership.ts';

const test = suite('membership');
const SELF = { node: 'a', incarnation: '00000000000000aa' };
const OTHER = { node: 'b', incarnation: '00000000000000bb' };
const OTHER_KEY = memberKey(OTHER.node, OTHER.incarnation);
const TIMES = { beatMs: 500, leaseMs: 2_000 };

function record(run: typeof SELF, fields: Partial<MemberRecord> = {}): MemberRecord {
  return { ...epitaph(run, ''), state: 'up', goneBy: undefined, beat: 1, ...fields };
}

/** One member's view over a store in memory, with a hand on its watches. */
class Fixture {
  readonly clock = new SimClock();
  readonly store = new MemoryKv();
  readonly told: string[] = [];
  readonly errors: string[] = [];
  readonly membership: Membership;
  opened = 0;
  /** Breaks the watches that are open. */
  break: () => void = () => {};
  /** Changes are swallowed while it is so. */
  isStill = false;
  #ownRevision = 0;

  constructor() {
    const { store } = this;
    const watch = this.#watch.bind(this);
    const kv = Object.assign(Object.create(store) as KvPort, {
      get: (key: string) => store.get(key),
      create: (key: string, value: Uint8Array) => store.create(key, value),
      update: (key: string, value: Uint8Array, revision: number) => store.update(key, value, revision),
      delete: (key: string, revision?: number) => store.delete(key, revision),
      watch,
    });
    this.membership = new Membership({
      kv,
      clock: this.clock,
      random: new SeededRandom(1),
      self: SELF,
      times: TIMES,
      forgetMs: 60_000,
      onFailure: ({ code }) => this.errors.push(code),
    });
    this.membership.onGone((node) => this.told.push(`gone ${node}`));
    this.membership.onChange(() => {
      const members = this.membership.list();
      this.told.push(
        members.map(({ record: { node, state }, condition }) => `${node} ${state} ${condition}`).join(', '),
      );
    });
    this.membership.start();
  }

  async *#watch(prefix: string, signal: AbortSignal) {
    this.opened += 1;
    const inner = new AbortController();
    signal.addEventListener('abort', () => inner.abort());
    let isBroken = false;
    this.break = () => {
      isBroken = true;
      inner.abort();
    };
    for await (const change of this.store.watch(prefix, inner.signal)) if (!this.isStill) yield change;
    if (isBroken) throw new Error('the watch broke');
  }

  /** Writes the record of a run, whatever was there before. */
  async write(run: typeof SELF, fields: Partial<MemberRecord> = {}): Promise<number> {
    const revision = await this.store.put(
      memberKey(run.node, run.incarnation),
      encodeMember(record(run, fields)),
    );
    await settle();
    return revision;
  }

  /** Own renewals for `ms`, one each beat. */
  async beat(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += TIMES.beatMs) {
      await advance(this.clock, TIMES.beatMs);
      this.#ownRevision = await this.write(SELF);
      this.membership.noteHeartbeat({ state: 'held', heldUntilMs: 0, revision: this.#ownRevision });
      await settle();
    }
  }
}

test('tells of changes of list, state and condition, and of no mere renewal', async () => {
  const f = new Fixture();
  await f.write(SELF);
  await f.write(OTHER, { state: 'joining' });
  await f.write(OTHER);
  await f.write(OTHER, { beat: 2, load: 7 });
  await f.write(OTHER, { beat: 3, lagMs: 400 });
  await f.store.delete(OTHER_KEY);
  await settle();
  assert.equal(f.told, [
    'a up well',
    'a up well, b joining well',
    'a up well, b up well',
    'a up well, b up slow',
    'gone b',
    'a up well',
  ]);
  assert.not.ok(f.membership.isLiving(OTHER.node, OTHER.incarnation));
});

test('declares a member gone at the revision that it watched, and once', async () => {
  const f = new Fixture();
  await f.beat(500);
  const revision = await f.write(OTHER);
  await f.beat(1_500);
  assert.is(f.membership.get('b')?.condition, 'silent');
  assert.is(f.membership.get('b')?.revision, revision);
  await f.beat(1_000);
  assert.is(f.membership.get('b'), undefined);
  const entry = (await f.store.get(OTHER_KEY))!;
  assert.equal(
    [decodeMember(OTHER_KEY, entry.value)?.state, decodeMember(OTHER_KEY, entry.value)?.goneBy],
    ['gone', 'a'],
  );
  assert.is(f.told.filter((line) => line === 'gone b').length, 1);
  await f.beat(5_000);
  assert.is((await f.store.get(OTHER_KEY))!.revision, entry.revision);
  await f.beat(60_000);
  assert.is(await f.store.get(OTHER_KEY), undefined, 'removed once it is long gone');
  assert.is(f.membership.fate('b', OTHER.incarnation), 'gone');
});

test('a stale view declares nobody gone: the store refuses, and the watch is opened anew', async () => {
  const f = new Fixture();
  await f.beat(500);
  await f.write(OTHER);
  f.isStill = true;
  await f.write(OTHER, { beat: 2 });
  await f.beat(2_000);
  assert.is(decodeMember(OTHER_KEY, (await f.store.get(OTHER_KEY))!.value)?.state, 'up');
  assert.ok(f.errors.includes('stale_writer'));
  assert.is(f.membership.get('b')?.record.beat, 2);
  assert.is(f.opened, 1);
  await f.beat(1_500);
  assert.is(f.opened, 2);
  f.isStill = false;
  await f.write(OTHER, { beat: 3 });
  await f.beat(500);
  assert.ok(f.membership.isLiving('b', OTHER.incarnation));
});

test('a watch that breaks is opened again, and what was missed is made good', async () => {
  const f = new Fixture();
  await f.beat(500);
  await f.write(OTHER);
  f.break();
  await settle();
  const late = { node: 'c', incarnation: '00000000000000cc' };
  await f.write(late);
  // It left in order while no watch was open: its removal is never told.
  await f.store.delete(OTHER_KEY);
  assert.is(f.membership.get('c'), undefined);
  await f.beat(500);
  assert.ok(f.membership.isLiving('c', late.incarnation));
  assert.ok(f.membership.isLiving('b', OTHER.incarnation));
  for (let beat = 2; beat < 7; beat++) {
    await f.write(late, { beat });
    await f.beat(500);
  }
  assert.not.ok(f.membership.isLiving('b', OTHER.incarnation));
  assert.ok(f.membership.isLiving('c', late.incarnation));
});

test('a run that was never seen is over only if its key can be made', async () => {
  const f = new Fixture();
  await f.beat(500);
  assert.is(f.membership.fate('b', OTHER.incarnation), 'unknown');
  assert.ok(await f.membership.proveGone('b', OTHER.incarnation));
  assert.is(decodeMember(OTHER_KEY, (await f.store.get(OTHER_KEY))!.value)?.state, 'gone');
  const living = { node: 'c', incarnation: '00000000000000cc' };
  f.isStill = true;
  await f.write(living);
  assert.is(f.membership.fate('c', living.incarnation), 'unknown');
  assert.not.ok(await f.membership.proveGone('c', living.incarnation));
  assert.is(f.membership.fate('c', living.incarnation), 'living');
});

test('of two runs of a node the newest is the one that came later', async () => {
  const f = new Fixture();
  const again = { node: 'b', incarnation: '0000000000000001' };
  await f.write(OTHER);
  await f.write(again, { state: 'joining' });
  assert.is(f.membership.get('b')?.record.incarnation, again.incarnation);
  assert.is(f.membership.list().length, 2);
  await f.write(OTHER, { beat: 2 });
  assert.is(f.membership.get('b')?.record.incarnation, again.incarnation);
  f.membership.stop();
  f.membership.stop();
  await f.write(again, { state: 'up' });
  assert.is(f.membership.get('b')?.record.state, 'joining');
});
