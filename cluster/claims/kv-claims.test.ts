import { claimKey } from '../../contracts/cluster-names.ts';
import { WitanError } from '../../contracts/errors.ts';
import { SeededRandom, SimClock } from '../../runtime/kernel/index.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import { MemoryKv } from '../../runtime/store/memory/memory-kv.ts';
import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import type { Fate } from '../membership/member-table.ts';
import { ClaimTable, encodeClaim } from './claim-table.ts';
import { KvClaims } from './kv-claims.ts';

const test = suite('claims');
const NAME = 'singleton.x';
const KEY = claimKey(NAME);
const SELF = { node: 'a', incarnation: '00000000000000aa' };
const OTHER = { node: 'b', incarnation: '00000000000000bb' };

type Write = (work: () => Promise<number>) => Promise<number>;

/** Claims of one incarnation over a store in memory. */
class Fixture {
  readonly clock = new SimClock();
  readonly store = new MemoryKv();
  readonly claims: KvClaims;
  readonly told: string[] = [];
  isHeld = true;
  fate: Fate = 'living';
  /** Called in place of the next write. */
  write: Write | undefined;
  #gone: ((node: string, incarnation: string) => void) | undefined;

  constructor() {
    const { store } = this;
    const through: Write = (work) => {
      const write = this.write ?? ((own) => own());
      this.write = undefined;
      return write(work);
    };
    const kv = Object.assign(Object.create(store) as KvPort, {
      get: (key: string) => store.get(key),
      create: (key: string, value: Uint8Array) => through(() => store.create(key, value)),
      update: (key: string, value: Uint8Array, revision: number) =>
        through(() => store.update(key, value, revision)),
      watch: (prefix: string, signal: AbortSignal) => store.watch(prefix, signal),
    });
    this.claims = new KvClaims({
      kv,
      clock: this.clock,
      random: new SeededRandom(1),
      lease: { ...SELF, state: 'held', isHeld: () => this.isHeld, onChange: () => () => {} },
      members: {
        self: SELF,
        fate: (node) => (node === SELF.node ? 'living' : this.fate),
        proveGone: async () => this.fate === 'gone',
        onGone: (listener) => {
          this.#gone = listener;
          return () => {};
        },
      },
    });
    this.claims.onChange((names) => this.told.push(...names));
    this.claims.start();
  }

  die(): void {
    this.fate = 'gone';
    this.#gone!(OTHER.node, OTHER.incarnation);
  }
}

const lostAnswer: Write = async (work) => {
  await work();
  throw new WitanError('unavailable', 'the answer was lost');
};
const lostRequest: Write = () => Promise.reject(new WitanError('unavailable', 'nothing arrived'));

test('takes what is free; the generation is the revision, and rises with each owner', async () => {
  const f = new Fixture();
  const first = (await f.claims.take(NAME))!;
  assert.is(first.generation, (await f.store.get(KEY))!.revision);
  assert.ok(first.fence.isHeld());
  assert.is(await f.claims.take(NAME), first);
  f.isHeld = false;
  assert.not.ok(first.fence.isHeld());
  f.isHeld = true;
  await first.release();
  await first.release();
  assert.not.ok(first.fence.isHeld());
  assert.is(f.claims.get(NAME)?.holder, undefined);
  const second = (await f.claims.take(NAME))!;
  assert.ok(second.generation > first.generation);
  assert.not.ok(first.fence.isHeld());
  await first.release();
  assert.ok(second.fence.isHeld());
});

test('what another holds is not taken, until that one is over', async () => {
  const f = new Fixture();
  await f.store.create(KEY, encodeClaim(OTHER));
  await settle();
  assert.equal(f.claims.get(NAME)?.holder, OTHER);
  assert.is(await f.claims.take(NAME), undefined);
  f.fate = 'unknown';
  assert.is(await f.claims.take(NAME), undefined);
  f.told.length = 0;
  f.die();
  assert.equal(f.told, [NAME]);
  assert.is(f.claims.get(NAME)?.holder, undefined);
  assert.equal(
    f.claims.list('singleton.').map(({ name }) => name),
    [NAME],
  );
  assert.ok((await f.claims.take(NAME))?.fence.isHeld());
});

test('two who take at the same revision: one gets it', async () => {
  const f = new Fixture();
  f.write = async (work) => {
    await f.store.create(KEY, encodeClaim(OTHER));
    return work();
  };
  assert.is(await f.claims.take(NAME), undefined);
  assert.equal(f.claims.get(NAME)?.holder, OTHER);
});

test('a take whose answer was lost is found; one that never arrived is not believed', async () => {
  const f = new Fixture();
  f.write = lostAnswer;
  const taken = (await f.claims.take(NAME))!;
  assert.is(taken.generation, (await f.store.get(KEY))!.revision);
  await taken.release();
  f.write = lostRequest;
  const code = await f.claims.take(NAME).catch((error: WitanError) => error.code);
  assert.is(code, 'unavailable');
  f.isHeld = false;
  assert.is(await f.claims.take(NAME).catch((error: WitanError) => error.code), 'unavailable');
});

test('a newer owner ends the fence as soon as it is seen', async () => {
  const f = new Fixture();
  const taken = (await f.claims.take(NAME))!;
  await f.store.put(KEY, encodeClaim(OTHER));
  await settle();
  assert.not.ok(taken.fence.isHeld());
  await taken.release();
  assert.equal(f.claims.get(NAME)?.holder, OTHER);
});

test('a release whose outcome is unknown: not held at once, and taken again only as a new generation', async () => {
  const f = new Fixture();
  const taken = (await f.claims.take(NAME))!;
  let arrive: () => Promise<number> = async () => 0;
  f.write = (work) => {
    arrive = work;
    return lostRequest(work);
  };
  const code = await taken.release().catch((error: WitanError) => error.code);
  assert.is(code, 'unavailable');
  assert.not.ok(taken.fence.isHeld());
  assert.equal(f.claims.get(NAME)?.holder, SELF);
  const again = (await f.claims.take(NAME))!;
  assert.ok(again.generation > taken.generation);
  // The release arrives after all: it names the old generation, and frees nothing.
  assert.is(await arrive().catch((error: WitanError) => error.code), 'stale_writer');
  await settle();
  assert.ok(again.fence.isHeld());
});

test('the watch is opened anew now and then, and after stop no more', async () => {
  const f = new Fixture();
  await advance(f.clock, 61_000);
  await f.store.put(KEY, encodeClaim(OTHER));
  await settle();
  assert.equal(f.claims.get(NAME)?.holder, OTHER);
  f.claims.stop();
  await f.store.put(KEY, encodeClaim(null));
  await settle();
  assert.equal(f.claims.get(NAME)?.holder, OTHER);
});

test('the table takes the newest revision, also of what it cannot read', () => {
  const table = new ClaimTable();
  const change = (revision: number, value: Uint8Array | undefined) => ({ key: KEY, value, revision });
  assert.is(table.apply(change(5, encodeClaim(OTHER))), NAME);
  assert.is(table.apply(change(4, encodeClaim(SELF))), undefined);
  assert.is(table.apply(change(5, encodeClaim(SELF))), undefined);
  assert.is(table.apply({ key: 'members.a.b', value: undefined, revision: 9 }), undefined);
  assert.equal(table.heldBy(OTHER.node, OTHER.incarnation), [NAME]);
  table.apply(change(6, new TextEncoder().encode('{"format":"witan-claim/2"}')));
  assert.equal(table.get(NAME), { name: NAME, holder: OTHER, revision: 6, isRemoved: false });
  table.apply(change(7, undefined));
  assert.equal(table.get(NAME), { name: NAME, holder: undefined, revision: 7, isRemoved: true });
});
