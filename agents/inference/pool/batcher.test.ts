/** The line of a pool in virtual time. */
import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { Batcher } from './batcher.ts';
import type { BatchLimits, WaitingRow } from './batcher.ts';

const test = suite('batcher');

interface Row extends WaitingRow {
  readonly name: number;
}

const LIMITS: BatchLimits = { rowMaxCount: 8, costMax: 512, waitMs: 2 };
const none = (): number => 0;
let nextName = 0;

function row(cost: number, { deadlineMs = 1e9, isAlone = false } = {}): Row {
  return { cost, deadlineMs, isAlone, name: (nextName += 1) };
}

function lineOf(rows: readonly Row[], limits = LIMITS): Batcher<Row> {
  const batcher = new Batcher<Row>(limits);
  batcher.push(rows);
  return batcher;
}

const costs = (rows: readonly Row[]): readonly number[] => rows.map(({ cost }) => cost);

test('eight short texts do not run with the long one between them, nor wait behind its batch', () => {
  const batcher = lineOf([10, 12, 400, 9, 11, 8, 14, 10, 13, 390].map((cost) => row(cost)));
  assert.equal(costs(batcher.take(0, none).batch), [10, 12, 9, 11, 8, 14, 10, 13]);
  assert.equal(costs(batcher.take(0, none).batch), [400]);
  assert.equal(costs(batcher.take(0, none).batch), [390]);
  assert.equal(batcher.take(0, none), { batch: [], late: [] });
});

test('a batch costs its rows times the dearest of them', () => {
  const batcher = lineOf([100, 100, 120, 200, 100, 100].map((cost) => row(cost)));
  assert.equal(costs(batcher.take(0, none).batch), [100, 100, 120, 100]);
  assert.equal(costs(batcher.take(0, none).batch), [200, 100]);
});

test('one row may cost more than a batch; it runs by itself', () => {
  const batcher = lineOf([row(5_000), row(5_000)]);
  assert.ok(batcher.isFull);
  assert.equal(costs(batcher.take(0, none).batch), [5_000]);
});

test('what cannot be done in its time is given out as late, and room is made by it', () => {
  const batcher = lineOf([row(10, { deadlineMs: 5 }), row(10, { deadlineMs: 50 }), row(10)]);
  const { batch, late } = batcher.take(5, none);
  assert.is(late.length, 1);
  assert.is(batch.length, 2);
  const slow = lineOf([row(10, { deadlineMs: 50 }), row(10)]);
  assert.is(slow.take(0, (cost) => cost * 6).late.length, 1);
});

test('a row that runs alone has no company', () => {
  const batcher = lineOf([row(10)]);
  batcher.giveBack([row(10, { isAlone: true }), row(11, { isAlone: true })]);
  assert.equal(costs(batcher.take(0, none).batch), [10]);
  assert.equal(costs(batcher.take(0, none).batch), [11]);
  assert.equal(costs(batcher.take(0, none).batch), [10]);
});

test('an idle worker takes at once; one that answered several waits for as many, and not long', () => {
  const batcher = lineOf([row(10)]);
  assert.is(batcher.takesAtMs({ freeSinceMs: 3, lastRowCount: 0 }), 3);
  assert.is(batcher.takesAtMs({ freeSinceMs: 3, lastRowCount: 1 }), 3);
  assert.is(batcher.takesAtMs({ freeSinceMs: 3, lastRowCount: 4 }), 5);
  batcher.push(Array.from({ length: 7 }, () => row(10)));
  assert.is(batcher.takesAtMs({ freeSinceMs: 3, lastRowCount: 64 }), 3);
});

const rows = fc.array(
  fc.record({
    cost: fc.integer({ min: 1, max: 700 }),
    deadlineMs: fc.integer({ min: 0, max: 60 }),
    isAlone: fc.boolean(),
  }),
  { maxLength: 40 },
);
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('push' as const), rows }),
    fc.record({ do: fc.constant('take' as const), afterMs: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ do: fc.constant('give back' as const) }),
    fc.record({ do: fc.constant('remove' as const), rest: fc.integer({ min: 0, max: 4 }) }),
  ),
  { maxLength: 60 },
);

test('every row comes out once: in a batch within its bounds, or late, or removed; the oldest first', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const batcher = new Batcher<Row>(LIMITS);
      const open = new Map<number, Row>();
      let nowMs = 0;
      let lastBatch: readonly Row[] = [];
      const out = (gone: readonly Row[]): void => {
        for (const { name } of gone) assert.ok(open.delete(name), 'a row came out twice');
      };
      for (const step of plan) {
        if (step.do === 'push') {
          const made = step.rows.map((one) => row(one.cost, one));
          for (const one of made) open.set(one.name, one);
          batcher.push(made);
        } else if (step.do === 'give back') {
          for (const one of lastBatch) open.set(one.name, one);
          batcher.giveBack(lastBatch);
          lastBatch = [];
        } else if (step.do === 'remove') {
          out(batcher.remove(({ name }) => name % 5 === step.rest));
        } else {
          nowMs += step.afterMs;
          const oldest = [...open.values()].some(({ deadlineMs }) => deadlineMs > nowMs + 1);
          const { batch, late } = batcher.take(nowMs, () => 1);
          check(batch, late, nowMs);
          assert.is(batch.length > 0, oldest);
          out(batch);
          out(late);
          lastBatch = batch;
        }
        assert.is(batcher.rowCount, open.size);
        assert.is(
          batcher.cost,
          [...open.values()].reduce((sum, { cost }) => sum + cost, 0),
        );
      }
    }),
  );
});

function check(batch: readonly Row[], late: readonly Row[], nowMs: number): void {
  for (const { deadlineMs } of late) assert.ok(deadlineMs <= nowMs + 1);
  for (const { deadlineMs } of batch) assert.ok(deadlineMs > nowMs + 1);
  assert.ok(batch.length <= LIMITS.rowMaxCount);
  if (batch.length < 2) return;
  assert.not(batch.some(({ isAlone }) => isAlone));
  const dearest = Math.max(...costs(batch));
  assert.ok(batch.length * dearest <= LIMITS.costMax);
  for (const { cost } of batch) assert.ok(4 * Math.max(16, cost) >= dearest);
}

test('no row is overtaken for ever: each take begins with the oldest that can still be done', () => {
  fc.assert(
    fc.property(rows, (made) => {
      const line = made.map(({ cost, isAlone }) => row(cost, { isAlone }));
      const batcher = lineOf(line);
      let left = line;
      while (left.length > 0) {
        const { batch } = batcher.take(0, none);
        assert.is(batch[0]!.name, left[0]!.name);
        left = left.filter((one) => !batch.includes(one));
      }
    }),
  );
});
