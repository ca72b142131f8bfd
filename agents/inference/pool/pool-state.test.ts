/** A pool's rules in virtual time, without actors and threads. */
import type { ActorRef } from '../../../runtime/kernel/ref.ts';
import { assert, suite } from '../../../test/harness.ts';
import { PoolState } from './pool-state.ts';
import type { PoolSettings } from './pool-state.ts';
import type { InferReply } from './pool-messages.ts';
import { PoisonList } from './poison-list.ts';
import type { BatchResult, RunnerBatch, RunnerInfo } from './runner-life.ts';
import { costBy } from './runner-life.ts';
import { WitanError } from '../../../contracts/errors.ts';

const test = suite('pool state');

const SETTINGS: PoolSettings = {
  workerCount: 1,
  limits: { rowMaxCount: 4, costMax: 1_000, waitMs: 2 },
  gpuLimits: { rowMaxCount: 16, costMax: 4_000, waitMs: 2 },
  queueRowMax: 20,
  queueCharacterMax: 200,
  devices: ['cuda', 'cpu'],
};
const INFO: RunnerInfo = {
  width: 1,
  provider: 'cpu',
  passedOver: [],
  cost: { base: 0, perCharacter: 1, max: 100 },
};

/** A pool whose worker is the test. */
class Bench {
  nowMs = 0;
  readonly given: { readonly number: number; readonly batch: RunnerBatch }[] = [];
  readonly said = new Map<number, string>();
  readonly pool: PoolState;
  #id = 0;

  constructor(settings: Partial<PoolSettings> = {}) {
    this.pool = new PoolState(
      { ...SETTINGS, ...settings },
      {
        nowMs: () => this.nowMs,
        run: (_index, number, batch) => void this.given.push({ number, batch }),
        onRefused: () => undefined,
      },
    );
  }

  ready(info = INFO): void {
    this.pool.ready({ type: 'worker-ready', index: 0, info });
    this.pool.dispatch();
  }

  ask(texts: readonly string[], budgetMs = 1_000): number {
    const id = (this.#id += 1);
    const tell = (reply: InferReply): void =>
      void this.said.set(id, reply.type === 'rows' ? `${reply.rows.length} rows` : reply.error.code);
    const replyTo = { tell } as ActorRef<InferReply>;
    this.pool.submit({ type: 'infer', id, texts, budgetMs, replyTo });
    this.pool.dispatch();
    return id;
  }

  /** Answers the oldest batch that was given. @returns time after which the pool wants to be asked again */
  answer(tookMs: number, result?: BatchResult): number | undefined {
    const { number, batch } = this.given.shift()!;
    this.nowMs += tookMs;
    const rows = batch.texts.map(() => Float32Array.of(1));
    this.pool.answered({
      type: 'worker-answered',
      index: 0,
      batch: number,
      result: result ?? { type: 'rows', rows, elapsedMs: tookMs },
    });
    return this.pool.dispatch();
  }

  end(error: WitanError, wasRunning = true): void {
    while (this.given.length > 0) this.answer(0, { type: 'ended', error, wasRunning });
    this.pool.ended({ type: 'worker-ended', index: 0, end: { error, probing: undefined } });
    this.pool.dispatch();
  }
}

const CRASH = new WitanError('unavailable', 'it crashed');

test('what cannot be answered in the time that such texts take is refused before it runs', () => {
  const bench = new Bench();
  bench.ready();
  bench.ask(['x'.repeat(10)]);
  bench.answer(50);
  const busy = bench.ask(['y'.repeat(10)]);
  const hopeless = bench.ask(['z'.repeat(10)], 70);
  const possible = bench.ask(['w'.repeat(10)], 200);
  bench.answer(50);
  assert.is(bench.said.get(busy), '1 rows');
  assert.is(bench.said.get(hopeless), 'deadline_exceeded');
  assert.equal(bench.given[0]!.batch.texts, ['w'.repeat(10)]);
  bench.answer(50);
  assert.is(bench.said.get(possible), '1 rows');
});

test('a second batch lies ready at a busy worker only when it is full', () => {
  const bench = new Bench();
  bench.ready();
  bench.ask(['a']);
  for (const text of 'bcd') bench.ask([text]);
  assert.is(bench.given.length, 1);
  bench.ask(['e']);
  assert.is(bench.given.length, 2);
  assert.equal(bench.given[1]!.batch.texts, ['b', 'c', 'd', 'e']);
});

test('a worker that answered four waits for as many, two milliseconds at most', () => {
  const bench = new Bench();
  bench.ready();
  bench.ask(['a', 'b', 'c', 'd']);
  bench.ask(['e']);
  assert.is(bench.answer(10), 2);
  assert.is(bench.given.length, 0);
  bench.nowMs += 2;
  assert.is(bench.pool.dispatch(), undefined);
  assert.equal(bench.given[0]!.batch.texts, ['e']);
});

test('room in the line is counted in texts and characters, and comes back however texts leave', () => {
  const bench = new Bench();
  for (const ms of [5, 1_000]) bench.ask(['x'.repeat(100)], ms);
  assert.is(bench.said.get(bench.ask(['x'])), 'overloaded');
  bench.nowMs = 10;
  // The first has expired: there is room again.
  const next = bench.ask(['x'.repeat(100)]);
  assert.is(bench.said.get(1), 'deadline_exceeded');
  bench.pool.cancel(next, new WitanError('cancelled', 'given up'));
  bench.ready();
  bench.end(CRASH);
  bench.ready();
  assert.is(bench.said.size, 3);
  bench.answer(1);
  assert.is(bench.said.get(2), '1 rows');
  for (let at = 0; at < 20; at += 1) assert.is(bench.said.get(bench.ask(['x'.repeat(10)])), undefined);
});

test('a text that ends two workers is refused by name; those beside it run alone and are answered', () => {
  const bench = new Bench();
  bench.ready();
  const first = bench.ask(['busy']);
  const asked = ['a', 'poison', 'c'].map((text) => bench.ask([text]));
  bench.answer(1);
  bench.nowMs += 2;
  bench.pool.dispatch();
  assert.equal(bench.given[0]!.batch.texts, ['a', 'poison', 'c']);
  bench.end(CRASH);
  bench.ready();
  assert.equal(bench.given[0]!.batch.texts, ['a']);
  bench.answer(1);
  assert.equal(bench.given[0]!.batch.texts, ['poison']);
  bench.end(CRASH);
  bench.ready();
  bench.answer(1);
  assert.equal(
    [first, ...asked].map((id) => bench.said.get(id)),
    ['1 rows', '1 rows', 'invalid_argument', '1 rows'],
  );
  assert.is(bench.said.get(bench.ask(['b', 'poison'])), 'invalid_argument');
});

test('what was closed on purpose blames nobody', () => {
  const bench = new Bench();
  bench.ready();
  const id = bench.ask(['a']);
  for (let times = 0; times < 3; times += 1) {
    bench.end(new WitanError('stopped', 'closed'));
    bench.ready();
  }
  bench.answer(1);
  assert.is(bench.said.get(id), '1 rows');
});

test('a device whose probe ends the worker is given up; the last one is the pool’s failure', () => {
  const bench = new Bench();
  const id = bench.ask(['a']);
  bench.pool.ended({ type: 'worker-ended', index: 0, end: { error: CRASH, probing: 'cuda' } });
  assert.equal([...bench.pool.devices], ['cpu']);
  assert.is(bench.said.get(id), undefined);
  bench.pool.ended({ type: 'worker-ended', index: 0, end: { error: CRASH, probing: 'cpu' } });
  assert.is(bench.said.get(id), 'unavailable');
  assert.is(bench.said.get(bench.ask(['b'])), 'unavailable');
  bench.ready();
  assert.is(bench.said.get(bench.ask(['c'])), undefined);
});

test('a GPU has bounds of its own', () => {
  const bench = new Bench();
  for (let at = 0; at < 20; at += 1) bench.ask(['a']);
  bench.ready({ ...INFO, provider: 'cuda' });
  assert.is(bench.given[0]!.batch.texts.length, 16);
});

test('a request is answered once, whatever comes late', () => {
  const bench = new Bench();
  bench.ready();
  const id = bench.ask(['a', 'b']);
  bench.pool.cancel(id, new WitanError('cancelled', 'given up'));
  bench.answer(1);
  bench.pool.answered({ type: 'worker-answered', index: 0, batch: 1, result: { type: 'expired' } });
  assert.is(bench.said.get(id), 'cancelled');
  assert.equal([bench.pool.openCount, bench.pool.queuedRows], [0, 0]);
});

test('figures: rates, batches, the last minute', () => {
  const bench = new Bench();
  bench.ready();
  for (let second = 1; second <= 150; second += 1) {
    bench.ask(['a']);
    bench.answer(10);
    bench.nowMs = second * 1_000;
  }
  const { rowsPerSecond, p50Ms, p99Ms } = bench.pool.figures.recent(bench.nowMs);
  assert.ok(Math.abs(rowsPerSecond - 1) < 0.1, String(rowsPerSecond));
  assert.ok(Math.abs(p50Ms - 10) < 0.5 && Math.abs(p99Ms - 10) < 0.5);
  const idle = bench.pool.figures.recent(bench.nowMs + 600_000);
  assert.equal(idle, { rowsPerSecond: 0, p50Ms: 0, p99Ms: 0 });
});

test('poison is forgotten after ten minutes, and the oldest before the 257th', () => {
  const list = new PoisonList();
  list.add('text', 0);
  assert.equal(
    [list.has('text', 599_999), list.has('text', 600_000), list.has('other', 0)],
    [true, false, false],
  );
  for (let at = 0; at < 257; at += 1) list.add(`n${at}`, 0);
  assert.equal([list.has('n0', 1), list.has('n1', 1), list.has('n256', 1)], [false, true, true]);
});

test('the cost of a text is a line, at least 1 and at most the longest', () => {
  const line = { base: 2, perCharacter: 0.25, max: 128 };
  assert.equal(
    ['', 'x'.repeat(40), 'x'.repeat(10_000)].map((text) => costBy(line, text)),
    [2, 12, 128],
  );
  assert.is(costBy({ base: 0, perCharacter: 0, max: 9 }, ''), 1);
});
