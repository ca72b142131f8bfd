import { assert, suite } from '../../test/harness.ts';
import { memoryVerdict } from './verdicts.ts';

const test = suite('soak: verdict on memory');
const MIB = 2 ** 20;

/** Sixty readings of a run of ten minutes: 600 decisions between two of them. */
function course(heapBytes: (at: number) => number, decisionsEach = 600) {
  const readings = Array.from({ length: 60 }, (_, at) => ({
    atMs: at * 10_000,
    entryCount: at * decisionsEach * 2,
    heapBytes: 80 * MIB + heapBytes(at),
  }));
  return memoryVerdict(readings);
}

test('a node whose memories fill and then stay is flat, one that goes on growing is not', () => {
  assert.ok(course((at) => Math.min(at, 10) * MIB).isKept);
  assert.not(course((at) => at * MIB).isKept);
});

test('a run too short to fill them says so instead of a slope', () => {
  const verdict = course((at) => at * MIB, 20);
  assert.not(verdict.isKept);
  assert.match(verdict.detail, /undecided: 1180 decisions are too few/);
});
