import { assert, suite } from '../../../test/harness.ts';
import { elapsedSince } from './recovery.ts';

const test = suite('time of a decision that moved');
const NOW = 1_000_000;
const elapsed = (openedAgoMs: number, recordedAgoMs: number): number =>
  elapsedSince({ openedWallMs: NOW - openedAgoMs, recordedWallMs: NOW - recordedAgoMs }, NOW);

test('clocks that agree tell it', () => {
  assert.is(elapsed(5_000, 4_990), 4_990);
});

test('the clock of who opened it, or of who wrote it down, may be minutes wrong', () => {
  assert.is(elapsed(240_000, 5_000), 5_000);
  assert.is(elapsed(5_000, 240_000), 5_000);
});

test('what lies in the future has just begun', () => {
  assert.is(elapsed(-60_000, 5_000), 0);
  assert.is(elapsed(-60_000, -60_000), 0);
});
