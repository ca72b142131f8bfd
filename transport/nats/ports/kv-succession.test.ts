/** Which versions of a key count, in the order in which a stream has them. */
import fc from 'fast-check';
import { assert, suite } from '../../../test/harness.ts';
import { FOLLOWS, Succession } from './kv-succession.ts';

const test = suite('succession of versions');

interface Version {
  readonly sequence: number;
  readonly follows?: number;
  readonly isMarker?: boolean;
}

const counted = (versions: readonly Version[]): number[] => {
  const succession = new Succession();
  return versions
    .filter(({ sequence, follows, isMarker }) => {
      const headers = {
        ...(follows !== undefined && { [FOLLOWS]: String(follows) }),
        ...(isMarker && { 'KV-Operation': 'DEL' }),
      };
      return succession.take('a', { headers, sequence });
    })
    .map(({ sequence }) => sequence);
};

test('of those that follow one version the first counts', () => {
  const versions = [
    { sequence: 1, follows: 0 },
    { sequence: 2, follows: 0 },
    { sequence: 3, follows: 1 },
    { sequence: 4, follows: 1 },
    { sequence: 5, follows: 2 },
    { sequence: 6, follows: 3 },
  ];
  // The fifth follows one that never counted; it is older than the third, which does.
  assert.equal(counted(versions), [1, 3, 6]);
});

test('an unconditional write always counts, and shuts out what followed the one before', () => {
  const versions = [{ sequence: 1, follows: 0 }, { sequence: 2 }, { sequence: 3, follows: 1 }];
  assert.equal(counted([...versions, { sequence: 4, follows: 2 }]), [1, 2, 4]);
});

test('a deleted key may be created anew, after its mark and also when that was swept', () => {
  const deleted = [
    { sequence: 1, follows: 0 },
    { sequence: 2, follows: 1, isMarker: true },
    { sequence: 3, follows: 1 },
  ];
  assert.equal(counted([...deleted, { sequence: 4, follows: 2 }]), [1, 2, 4]);
  assert.equal(counted([...deleted, { sequence: 9, follows: 0 }]), [1, 2, 9]);
});

test('what was overwritten before it was seen does not stop the reading', () => {
  assert.equal(counted([{ sequence: 10, follows: 7 }]), [10]);
  assert.equal(
    counted([
      { sequence: 1, follows: 0 },
      { sequence: 40, follows: 33 },
      { sequence: 41, follows: 33 },
    ]),
    [1, 40],
  );
});

test('whatever writers race, what counts is one chain, and each link follows the one before', () => {
  // Each round some writers, who saw the head of up to two rounds ago, write in any order.
  const rounds = fc.array(fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 6 }), { maxLength: 30 });
  fc.assert(
    fc.property(rounds, (plan) => {
      const versions: Version[] = [];
      const heads = [0];
      for (const round of plan) {
        for (const lag of round) {
          const follows = heads[Math.max(0, heads.length - 1 - lag)]!;
          versions.push({ sequence: versions.length + 1, follows });
        }
        heads.push(counted(versions).at(-1)!);
      }
      const chain = counted(versions);
      const links = chain.map((sequence) => versions[sequence - 1]!.follows);
      assert.equal(links, [0, ...chain.slice(0, -1)].slice(0, links.length));
    }),
  );
});
