import fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { hash32 } from './hash.ts';
import { rendezvous, shardOf, winners } from './rendezvous.ts';

const test = suite('rendezvous');
const SHARDS = Array.from({ length: 4_096 }, (_, shard) => `shard.session.${shard}`);

function nodes(count: number): { node: string }[] {
  return Array.from({ length: count }, (_, at) => ({ node: `node-${at + 1}` }));
}

function shares(names: readonly (string | undefined)[]): number[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name!, (counts.get(name!) ?? 0) + 1);
  return [...counts.values()];
}

// Vectors of MurmurHash3_x86_32: the values that every other implementation gives.
test('hashes are those of MurmurHash3', () => {
  assert.is(hash32('', 0), 0);
  assert.is(hash32('', 1), 0x514e28b7);
  assert.is(hash32('a', 0x9747b28c), 0x7fa09ea6);
  assert.is(hash32('aa', 0x9747b28c), 0x5d211726);
  assert.is(hash32('aaa', 0x9747b28c), 0x283e0130);
  assert.is(hash32('aaaa', 0x9747b28c), 0x5a97808a);
  assert.is(hash32('abc', 0), 0xb3dd93fa);
  assert.is(hash32('Hello, world!', 0x9747b28c), 0x24884cba);
  assert.is(hash32('The quick brown fox jumps over the lazy dog', 0x9747b28c), 0x2fa826cd);
});

test('the shard of an entity never changes', () => {
  assert.equal(
    ['', 'd-1', 'd-2', 'dec_0123456789', 'ünïcödé'].map((id) => shardOf('session', id, 256)),
    [106, 220, 160, 133, 233],
  );
});

test('work is spread evenly: max over mean of 4,096 shards stays below 1.1 on ten nodes', () => {
  for (const count of [2, 3, 5, 10]) {
    const counts = shares(winners(SHARDS, nodes(count)));
    const spread = Math.max(...counts) / (SHARDS.length / count);
    assert.is(counts.length, count);
    assert.ok(spread < 1.1, `${count} nodes: ${spread}`);
  }
});

test('when one of n leaves, only its shards move: about one of n', () => {
  for (const count of [3, 10]) {
    const before = winners(SHARDS, nodes(count));
    const after = winners(SHARDS, nodes(count).slice(0, -1));
    const moved = before.filter((node, at) => node !== after[at]);
    assert.ok(moved.every((node) => node === `node-${count}`));
    const share = (moved.length / SHARDS.length) * count;
    assert.ok(share > 0.9 && share < 1.1, `${count} nodes: ${share}`);
  }
});

test('weights are shares, and a change of one weight moves shards to or from that node alone', () => {
  const light = [{ node: 'a' }, { node: 'b' }, { node: 'c' }];
  const heavy = [{ node: 'a', weight: 3 }, { node: 'b' }, { node: 'c' }];
  const [before, after] = [winners(SHARDS, light), winners(SHARDS, heavy)];
  const share = after.filter((node) => node === 'a').length / SHARDS.length;
  assert.ok(Math.abs(share - 0.6) < 0.03, `${share}`);
  assert.ok(before.every((node, at) => node === after[at] || after[at] === 'a'));
});

test('the order of the members does not matter, and the first of the order is the winner', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1 }),
      fc.string(),
      (names, key) => {
        const members = names.map((node) => ({ node }));
        const order = rendezvous(key, members);
        assert.equal(rendezvous(key, [...members].reverse()), order);
        assert.equal([...order].sort(), [...names].sort());
        assert.equal(winners([key], members), [order[0]]);
      },
    ),
  );
  assert.equal(winners(['x'], []), [undefined]);
});
