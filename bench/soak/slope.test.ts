import { assert, suite } from '../../test/harness.ts';
import { isFlat, trendOf } from './slope.ts';

const test = suite('soak: slope');
const MIB = 2 ** 20;
const MINUTES = 10;
const STRETCH_MS = MINUTES * 60_000;

/** One reading a second: `perMinute` growth and a saw tooth as collections leave it. */
function readings(perMinute: number, toothBytes = 0): { atMs: number; heapBytes: number }[] {
  return Array.from({ length: MINUTES * 60 }, (_, at) => ({
    atMs: at * 1_000,
    heapBytes: 80 * MIB + (perMinute * at) / 60 + ((at * 7) % 10) * (toothBytes / 10),
  }));
}

test('the slope of a straight line is found exactly', () => {
  const trend = trendOf(readings(3 * MIB));
  assert.ok(Math.abs(trend.bytesPerMinute - 3 * MIB) < 1);
  assert.ok(trend.errorBytesPerMinute < 1);
  assert.equal(trendOf(readings(1).slice(0, 2)).bytesPerMinute, 0);
});

test('a saw tooth without growth is flat, a slow leak under it is not', () => {
  assert.ok(isFlat(trendOf(readings(0, 30 * MIB)), STRETCH_MS));
  assert.not(isFlat(trendOf(readings(2 * MIB, 10 * MIB)), STRETCH_MS));
});

test('little growth of a large heap is flat', () => {
  assert.ok(isFlat(trendOf(readings(0.3 * MIB)), STRETCH_MS));
  assert.not(isFlat(trendOf(readings(1 * MIB)), STRETCH_MS));
});
