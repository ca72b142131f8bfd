import { assert, suite } from '../../test/harness.ts';
import { LeaseCell } from './lease-cell.ts';

const test = suite('lease cell');

test('what one cell writes another over the same memory reads, and nobody holds what was never written', () => {
  const writer = new LeaseCell();
  const reader = new LeaseCell(writer.buffer);
  assert.not.ok(reader.isHeldAt(0));
  assert.is(reader.stateAt(0), 'joining');
  writer.write('held', 1_234.9);
  assert.ok(reader.isHeldAt(1_233.9));
  assert.not.ok(reader.isHeldAt(1_234));
  assert.is(reader.stateAt(1_000), 'held');
  assert.is(reader.stateAt(2_000), 'suspended');
  writer.write('lost', -Infinity);
  assert.is(reader.stateAt(0), 'lost');
  assert.not.ok(reader.isHeldAt(-1));
});

test('times beyond 32 bits are kept: a machine may be up for years', () => {
  const cell = new LeaseCell();
  const untilMs = 20 * 365 * 86_400_000 + 17;
  cell.write('held', untilMs);
  assert.ok(cell.isHeldAt(untilMs - 1));
  assert.not.ok(cell.isHeldAt(untilMs));
});
