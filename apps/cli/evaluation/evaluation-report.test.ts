import { assert, suite } from '../../../test/harness.ts';
import { percentile, reportOf, wilsonInterval } from './evaluation-report.ts';
import type { JudgedRow } from './evaluation-report.ts';

const test = suite('evaluation-report');
const row = (label: 0 | 1, outcome: JudgedRow['outcome'], elapsedMs = 1): JudgedRow => ({
  label,
  outcome,
  heldReason: outcome === 'held' ? 'veto' : null,
  elapsedMs,
});

test('Wilson interval agrees with published values', () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I: 81/263, 15/148, 0/20, 1/29.
  for (const [count, of, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const [a, b] = wilsonInterval(count, of);
    assert.ok(Math.abs(a - low) < 5e-5 && Math.abs(b - high) < 5e-5, `${count}/${of}: ${a} ${b}`);
  }
});

test('held is never counted as correct, on either side', () => {
  const report = reportOf('x', [
    row(1, 'held'),
    row(1, 'rejected'),
    row(1, 'approved'),
    row(0, 'held'),
    row(0, 'approved'),
    row(0, 'rejected'),
  ]);
  assert.is(report.held, 2);
  assert.equal([report.recall.count, report.recall.of], [1, 3]);
  assert.equal([report.stopped.count, report.stopped.of], [2, 3]);
  assert.equal([report.falseAlarm.count, report.falseAlarm.of], [1, 3]);
  assert.equal([report.benignApproved.count, report.benignHeld.count], [1, 1]);
  assert.equal(report.heldReasons, [['veto', 2]]);
});

test('a source without harmful rows has no recall', () => {
  assert.is(reportOf('x', [row(0, 'approved')]).recall.value, null);
});

test('percentiles are values that were measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.is(percentile(values, 0.5), 50);
  assert.is(percentile(values, 0.99), 99);
  assert.is(percentile([], 0.5), 0);
});
