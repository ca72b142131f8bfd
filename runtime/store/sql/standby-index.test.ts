import { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import { settle } from '../../../test/sim-time.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import { SimClock } from '../../kernel/sim/sim-clock.ts';
import { MemoryDecisionIndex } from '../memory/memory-decision-index.ts';
import { StandbyIndex } from './standby-index.ts';
import type { OpenedIndex } from './standby-index.ts';

const test = suite('standby index');

/** Entries that the index counts and does not hold. */
const entryAt = (index: number): LedgerEntry => ({
  index,
  kind: 'event',
  tenant: 'acme',
  payload: {},
  leafHash: '',
  chainHash: '',
  canonical: '',
  atWallMs: 0,
});

function rig(entryCount = 0) {
  const clock = new SimClock();
  const log = Array.from({ length: entryCount }, (_, at) => entryAt(at));
  const database = new MemoryDecisionIndex();
  const attempts: {
    resolve: (opened: OpenedIndex) => void;
    reject: (error: unknown) => void;
    signal: AbortSignal;
  }[] = [];
  let closed = 0;
  const index = new StandbyIndex({
    open: (signal) => new Promise((resolve, reject) => attempts.push({ resolve, reject, signal })),
    ledger: {
      size: () => log.length,
      async *read(from) {
        yield* log.slice(from);
      },
    },
    clock,
    waitMs: 100,
  });
  const opened: OpenedIndex = { index: database, name: 'db', close: async () => void (closed += 1) };
  return { clock, log, database, attempts, index, opened, closedCount: () => closed };
}

test('the first caller waits for the database, and gets it when it comes in time', async () => {
  const { index, attempts, opened, database } = rig(3);
  const position = index.position();
  attempts[0]!.resolve(opened);
  assert.is(await position, 0);
  await index.apply([entryAt(0), entryAt(1)]);
  assert.is(await database.position(), 2);
  assert.equal(index.health(), { name: 'index', ok: true, detail: 'db' });
});

test('when it does not come in time memory answers, and hands over what it got meanwhile', async () => {
  const { index, attempts, opened, database, clock, log } = rig(2);
  const position = index.position();
  clock.advance(100);
  assert.is(await position, 0);
  await index.apply(log);
  assert.is(await index.position(), 2);
  assert.is(await database.position(), 0);
  assert.equal(index.health(), { name: 'index', ok: true, detail: 'in memory until the database is ready' });
  log.push(entryAt(2));
  attempts[0]!.resolve(opened);
  await settle();
  assert.is(await database.position(), 3);
  assert.is(await index.position(), 3);
  await index.apply([entryAt(2), entryAt(3)]);
  assert.is(await database.position(), 4);
});

test('a database far behind the log is fed beside the one in memory', async () => {
  const { index, attempts, opened, database } = rig(5_001);
  attempts[0]!.resolve(opened);
  for (let turn = 0; turn < 40 && (await database.position()) < 5_001; turn++) await settle();
  assert.is(await index.position(), 5_001);
});

test('a log that never stands still does not keep the database from taking over', async () => {
  const { index, attempts, opened, database, clock, log } = rig(300);
  const position = index.position();
  clock.advance(100);
  await position;
  await index.apply(log);
  const { apply } = database;
  database.apply = async (entries) => {
    await apply.call(database, entries);
    log.push(entryAt(log.length));
  };
  attempts[0]!.resolve(opened);
  await settle();
  assert.equal(index.health(), { name: 'index', ok: true, detail: 'db' });
  assert.is(await index.position(), 300);
});

test('what may pass is tried again, later each time, and health says what is wrong', async () => {
  const { index, attempts, opened, clock } = rig();
  attempts[0]!.reject(new WitanError('unavailable', 'no answer'));
  assert.is(await index.position(), 0);
  assert.equal(index.health(), {
    name: 'index',
    ok: false,
    detail: 'in memory, without the database: no answer',
  });
  clock.advance(999);
  assert.is(attempts.length, 1);
  clock.advance(1);
  assert.is(attempts.length, 2);
  attempts[1]!.reject(new WitanError('unavailable', 'no answer'));
  await settle();
  clock.advance(1_999);
  assert.is(attempts.length, 2);
  clock.advance(1);
  attempts[2]!.resolve(opened);
  await settle();
  assert.equal(index.health(), { name: 'index', ok: true, detail: 'db' });
});

test('what will not pass is not tried again', async () => {
  const { index, attempts, clock } = rig();
  attempts[0]!.reject(new WitanError('not_supported', 'a newer schema'));
  assert.is(await index.position(), 0);
  clock.advance(100_000);
  assert.is(attempts.length, 1);
  assert.is(index.health().ok, false);
});

test('a database that fails later is said to be behind until it takes entries again', async () => {
  const { index, attempts, opened, database } = rig();
  attempts[0]!.resolve(opened);
  const { apply } = database;
  database.apply = async () => {
    throw new WitanError('unavailable', 'gone');
  };
  await index.apply([entryAt(0)]).then(
    () => assert.unreachable(),
    (error: WitanError) => assert.is(error.code, 'unavailable'),
  );
  assert.equal(index.health(), { name: 'index', ok: false, detail: 'behind the log: gone' });
  database.apply = apply;
  await index.apply([entryAt(0)]);
  assert.is(index.health().ok, true);
});

test('closing gives an opening up, and closes what is open once', async () => {
  const first = rig();
  const closing = first.index.close();
  assert.ok(first.attempts[0]!.signal.aborted);
  first.attempts[0]!.reject(new WitanError('unavailable', 'given up'));
  await closing;
  const second = rig();
  second.attempts[0]!.resolve(second.opened);
  await second.index.position();
  await second.index.close();
  assert.is(second.closedCount(), 1);
});
