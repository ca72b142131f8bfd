import { assert, suite } from '../../../test/harness.ts';
import { decisionCost, estimatedRate } from './estimate.ts';
import { ticksOf } from './processor-time.ts';

const test = suite('bench/cluster/decisions/estimate');

test('cost is a line: deciding, and each copy more', () => {
  const cost = decisionCost([
    { nodeCount: 1, cpuMsEach: 10 },
    { nodeCount: 2, cpuMsEach: 11 },
    { nodeCount: 3, cpuMsEach: 12 },
  ]);
  assert.ok(Math.abs(cost.decideMs - 10) < 1e-9);
  assert.ok(Math.abs(cost.copyMs - 1) < 1e-9);
});

test('a cluster that got cheaper with its nodes has copies that cost nothing, and the mean', () => {
  const cost = decisionCost([
    { nodeCount: 1, cpuMsEach: 12 },
    { nodeCount: 3, cpuMsEach: 10 },
  ]);
  assert.equal(cost, { decideMs: 11, copyMs: 0 });
  assert.equal(decisionCost([{ nodeCount: 1, cpuMsEach: 7 }]), { decideMs: 7, copyMs: 0 });
});

test('machines add up until a copy of the record is the limit', () => {
  const cost = { decideMs: 10, copyMs: 1 };
  assert.is(estimatedRate(cost, { count: 1, busyCores: 2, ledgerCount: 3 }), 200);
  assert.is(estimatedRate(cost, { count: 3, busyCores: 2, ledgerCount: 3 }), 500);
  assert.is(estimatedRate(cost, { count: 6, busyCores: 2, ledgerCount: 3 }), 1_000);
  assert.is(estimatedRate(cost, { count: 100, busyCores: 2, ledgerCount: 3 }), 2_000);
});

test('processor time is read past a name with blanks and brackets', () => {
  assert.is(ticksOf('7 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0 20'), 42);
});
