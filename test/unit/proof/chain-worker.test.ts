/** Content on its way to the chain: a crash at every step, late blocks, lost blocks, a key that somebody else uses. */
import { ChainWorker } from '../../../agents/platform/proof/chain/chain-worker.ts';
import { JobBook, OPEN_JOBS_MAX } from '../../../agents/platform/proof/chain/job-book.ts';
import { ContentLog, eventsOf } from '../../../agents/platform/proof/registry/content-log.ts';
import type { ContentEvent, LoggedEvent } from '../../../agents/platform/proof/registry/content-log.ts';
import { RegistryKeeper } from '../../../agents/platform/proof/registry/registry-keeper.ts';
import { WitanError } from '../../../contracts/errors.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import type { OutboxPort } from '../../../runtime/kernel/ports/outbox.ts';
import { withAppend } from '../../../runtime/kernel/ports/ledger.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { MemoryLedger } from '../../../runtime/store/memory/memory-ledger.ts';
import { MemoryOutbox } from '../../../runtime/store/outbox/memory-outbox.ts';
import { assert, suite } from '../../harness.ts';
import { SimulatedChain } from './simulated-chain.ts';

const test = suite('content on its way to the chain', { limitMs: 60_000 });
const HASH = `sha256:${'ab'.repeat(32)}`;
const CHANGE = { tenant: 'acme', by: 'key:1', contentHash: HASH };

class Crash extends Error {}

/** What outlives a process: log, outbox, chain. `boot` starts one on them. */
class World {
  readonly chain = new SimulatedChain();
  readonly clock = new SimClock();
  readonly ledger: LedgerPort;
  readonly outbox: OutboxPort;
  /** Called at every step that another world can see; may throw, before or after its effect. */
  step: (name: string) => void = () => {};
  readonly #keys: MemoryKeys;
  keeper!: RegistryKeeper;
  worker!: ChainWorker;
  book!: JobBook;

  constructor() {
    this.chain.timeS = Math.floor(this.clock.wallMs() / 1_000);
    this.#keys = new MemoryKeys({ clock: this.clock });
    const ledger = new MemoryLedger({ logId: 'test', clock: this.clock, keys: this.#keys });
    this.ledger = withAppend(ledger, async (entry, options) => {
      this.step('before ledger');
      const receipt = await ledger.append(entry, options);
      this.step('after ledger');
      return receipt;
    });
    const outbox = new MemoryOutbox();
    this.outbox = {
      records: () => outbox.records(),
      append: async (record) => {
        this.step('before outbox');
        await outbox.append(record);
        this.step('after outbox');
      },
      compact: (records) => outbox.compact(records),
      close: () => outbox.close(),
    };
    this.chain.fault = (name) => {
      this.step(name);
      return undefined;
    };
  }

  async boot(): Promise<void> {
    this.book = new JobBook(this.outbox);
    const log = new ContentLog(this.ledger);
    const { clock, book, chain } = this;
    this.keeper = new RegistryKeeper({
      log,
      keys: this.#keys,
      clock,
      book,
      newSalt: () => `0x${'77'.repeat(32)}`,
      certificateLifeDays: 0,
      onWork: () => {},
    });
    this.worker = new ChainWorker({
      chain,
      book,
      clock,
      confirmationCount: 1,
      replaceAfterMs: 1_000,
      inFlightMaxCount: 4,
      record: (job, result, names) => this.keeper.recordEnd(job, result, names),
    });
    await this.keeper.recover();
  }

  register(): Promise<unknown> {
    const metadata = { modelId: 'm', createdAt: '2026-01-01T00:00:00.000Z', parameters: {} };
    const content = { metadata, metadataDigest: HASH, metadataCid: 'cid', cid: null, sizeBytes: null };
    const more = { parents: [], origin: 'generated', isStored: false, certify: true } as const;
    return this.keeper.register({ ...CHANGE, ...content, ...more });
  }

  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) {
      await this.worker.turn();
      this.chain.timeS += 3;
      this.chain.mine();
    }
  }

  events<Name extends ContentEvent['event']>(name: Name): Promise<LoggedEvent<Name>[]> {
    return new ContentLog(this.ledger).ofContent('acme', HASH).then((events) => eventsOf(events, name));
  }
}

/** Whole life of a content, as a caller who asks again after a crash has it. */
async function life(world: World): Promise<void> {
  await world.boot();
  if ((await world.events('content-registered')).length === 0) await world.register();
  const issued = await world.events('content-certificate');
  const { id } =
    issued[0]?.payload.certificate.body ?? (await world.keeper.certify(CHANGE, undefined)).certificate.body;
  await world.turns(24);
  await world.keeper.revoke(CHANGE, id, 'withdrawn');
  await world.turns(8);
}

async function assertOnce(world: World, what: string): Promise<void> {
  assert.equal([...world.chain.effects].sort(), EFFECTS, what);
  assert.is((await world.events('content-registered')).length, 1, what);
  assert.is((await world.events('content-certificate-revoked')).length, 1, what);
  const ended = (await world.events('content-chain')).map(
    ({ payload }) => `${payload.kind} ${payload.state}`,
  );
  assert.equal(ended.sort(), ['certificate issued', 'register registered', 'revocation revoked'], what);
  assert.equal(world.book.all(), [], what);
}

const EFFECTS = ['certificate', 'commit', 'lineage', 'reveal', 'revocation'];

for (const isMiningAtOnce of [true, false]) {
  const blocks = isMiningAtOnce ? 'a block for each transaction' : 'blocks that come later';
  test(`a crash at any step loses nothing and does nothing twice: ${blocks}`, async () => {
    let points = 0;
    for (let crashAt = 1; ; crashAt += 1) {
      const world = new World();
      world.chain.isMiningAtOnce = isMiningAtOnce;
      let step = 0;
      let where = '';
      world.step = (name) => {
        step += 1;
        where = `crash at step ${crashAt}: ${name}`;
        if (step === crashAt) throw new Crash(where);
      };
      const crashed = await life(world).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Crash) return true;
          throw error;
        },
      );
      world.step = () => {};
      if (!crashed) break;
      points += 1;
      await life(world);
      await assertOnce(world, where);
    }
    assert.ok(points > 80, `${points} points`);
  });
}

test('two crashes, the second soon after the first', async () => {
  for (let first = 1; first < 120; first += 7) {
    for (const gap of [1, 3, 8, 20]) {
      const world = new World();
      let step = 0;
      let left = first;
      world.step = () => {
        step += 1;
        if (step !== left) return;
        left += gap;
        throw new Crash();
      };
      for (let attempt = 0; attempt < 2; attempt += 1)
        await life(world).catch((error: unknown) => assert.ok(error instanceof Crash));
      world.step = () => {};
      await life(world);
      await assertOnce(world, `crashes at ${first} and ${gap} later`);
    }
  }
});

test('the bytes that were signed are sent again as they are, and paid more for when no block takes them', async () => {
  const world = new World();
  world.chain.isMiningAtOnce = false;
  world.chain.leastFee = 3;
  await world.boot();
  await world.register();
  await world.worker.turn();
  const raw = world.chain.waiting.get(0);
  world.chain.waiting.clear();
  await world.boot();
  await world.worker.turn();
  assert.is(world.chain.waiting.get(0), raw, 'the pool forgot them, the outbox did not');
  for (let turn = 0; turn < 6; turn += 1) {
    await world.clock.advance(1_500);
    await world.turns(1);
  }
  assert.is(world.chain.effects.filter((effect) => effect === 'commit').length, 1);
  assert.ok(world.chain.included[0]!.isSuccess);
});

test('a block that is taken back is made good with the same bytes', async () => {
  const world = new World();
  await world.boot();
  await world.register();
  await world.worker.turn();
  assert.equal(world.chain.effects, ['commit']);
  world.chain.forgetLast();
  await world.worker.turn();
  assert.equal(world.chain.effects, ['commit']);
  await life(world);
  await assertOnce(world, 'after a block was lost');
});

test('a nonce that somebody else used costs a new one, and no step twice', async () => {
  const world = new World();
  world.chain.isMiningAtOnce = false;
  await world.boot();
  await world.register();
  await world.worker.turn();
  world.chain.useNonce();
  world.chain.isMiningAtOnce = true;
  await world.turns(6);
  await life(world);
  await assertOnce(world, 'after a foreign transaction');
});

test('a chain that refuses for good ends the job with its reason', async () => {
  const world = new World();
  await world.boot();
  await world.register();
  world.chain.tokens.set(HASH, { id: 9, creator: '0xstranger' });
  await world.turns(12);
  const [ended] = await world.events('content-chain');
  assert.equal(
    [ended!.payload.state, ended!.payload.detail],
    ['refused', 'Content already registered, by 0xstranger'],
  );
  assert.is(world.chain.effects.includes('reveal'), false);
});

test('a chain that is away is asked again, and the job stays', async () => {
  const world = new World();
  await world.boot();
  await world.register();
  world.chain.fault = () => new WitanError('unavailable', 'cable cut');
  await world.worker.turn().then(
    () => assert.unreachable('it answers'),
    (error: WitanError) => assert.is(error.code, 'unavailable'),
  );
  assert.is(world.book.all().length, 2);
  world.chain.fault = undefined;
  await life(world);
  await assertOnce(world, 'after the chain was away');
});

test('a nonce behind a gap that nobody fills is given up, and no step is done twice', async () => {
  const world = new World();
  world.chain.isMiningAtOnce = false;
  await world.boot();
  await world.register();
  const { nonce } = world.chain;
  // A node that counts wrong once, or a chain that lost more blocks than we wait for.
  world.chain.nonce = async () => 7;
  await world.worker.turn();
  world.chain.nonce = nonce;
  world.chain.isMiningAtOnce = true;
  assert.is(world.book.all()[0]!.transactions[0]!.nonce, 7);
  await world.turns(6);
  await life(world);
  await assertOnce(world, 'after a gap');
});

test('a chain that became too dear for a higher fee leaves the transaction waiting, and the others going', async () => {
  const world = new World();
  world.chain.isMiningAtOnce = false;
  await world.boot();
  await world.register();
  await world.worker.turn();
  await world.clock.advance(1_500);
  world.chain.fault = (name) =>
    name === 'sign' ? new WitanError('quota_exceeded', 'dearer than may be paid') : undefined;
  await world.worker.turn();
  assert.is(world.book.all()[0]!.transactions[0]!.variants.length, 1);
  world.chain.fault = undefined;
  await life(world);
  await assertOnce(world, 'after the chain was dear');
});

test('a thousand jobs that wait cost one turn a bounded number of questions, and each has its turn', async () => {
  const world = new World();
  await world.boot();
  await world.register();
  const [first] = world.book.all();
  for (let at = 0; at < 1_000; at += 1) {
    const contentHash = `sha256:${at.toString(16).padStart(64, '0')}`;
    await world.book.put({ ...first!, id: `job ${at}`, contentHash });
  }
  let questions = 0;
  world.chain.fault = (name) => {
    if (name === 'find') questions += 1;
    return undefined;
  };
  await world.worker.turn();
  assert.ok(questions <= 200, `${questions} questions`);
  for (let turn = 0; turn < 600; turn += 1) {
    await world.worker.turn();
    world.chain.timeS += 3;
  }
  const begun = world.book
    .all()
    .filter(({ kind, transactions }) => kind === 'register' && transactions.length);
  assert.ok(begun.length + world.chain.lineages.size > 500, `${begun.length} begun`);
});

test('past so many that wait for the chain no more are taken, and nothing of them is on the record', async () => {
  const world = new World();
  await world.boot();
  await world.register();
  const [first] = world.book.all();
  for (let at = world.book.all().length; at < OPEN_JOBS_MAX; at += 1)
    await world.book.put({ ...first!, id: `job ${at}` });
  const size = world.ledger.size();
  await world.keeper.certify(CHANGE, undefined).then(
    () => assert.unreachable('it was taken'),
    (error: WitanError) => assert.is(error.code, 'overloaded'),
  );
  assert.is(world.ledger.size(), size);
});
