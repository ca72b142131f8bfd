import fc from 'fast-check';
import { memberKey } from '../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import { assert, suite } from '../../test/harness.ts';
import { decodeMember, encodeMember, epitaph, memberOf, newIncarnation } from './member-key.ts';
import { MemberTable } from './member-table.ts';
import { SeededRandom } from '../../runtime/kernel/index.ts';

const test = suite('member table');
const run = { node: 'a', incarnation: '0123456789abcdef' };
const key = memberKey(run.node, run.incarnation);

function change(
  revision: number,
  state: MemberRecord['state'] | undefined,
): Parameters<MemberTable['apply']>[0] {
  const record = { ...epitaph(run, 'b'), state: state ?? 'up', beat: revision };
  return { key, value: state && encodeMember(record), revision };
}

test('joins, renews, changes and ends; a run that is over never comes back', () => {
  const table = new MemberTable();
  const kinds = [
    change(1, 'joining'),
    change(2, 'up'),
    change(3, 'up'),
    change(5, 'gone'),
    change(6, 'up'),
    change(7, undefined),
  ].map((one) => table.apply(one)?.kind);
  assert.equal(kinds, ['joined', 'changed', 'renewed', 'gone', undefined, undefined]);
  assert.is(table.fate('a', run.incarnation), 'gone');
  assert.is(table.fate('a', 'ffffffffffffffff'), 'unknown');
  assert.equal(table.living(), []);
});

test('changes in any order and number come to the same end', () => {
  const all = [change(1, 'joining'), change(2, 'up'), change(3, 'draining'), change(4, 'draining')];
  fc.assert(
    fc.property(fc.shuffledSubarray([...all, ...all], { minLength: 4 }), (changes) => {
      const table = new MemberTable();
      for (const one of changes) table.apply(one);
      const newest = Math.max(...changes.map(({ revision }) => revision));
      assert.is(table.get(key)!.revision, newest);
      for (const one of [...changes, change(9, 'gone'), ...changes]) table.apply(one);
      assert.is(table.fate('a', run.incarnation), 'gone');
    }),
  );
});

test('what cannot be read, or lies below another key, is no member', () => {
  const table = new MemberTable();
  const { value } = change(1, 'up');
  assert.is(table.apply({ key, value: new TextEncoder().encode('{'), revision: 1 }), undefined);
  assert.is(table.apply({ key: memberKey('b', run.incarnation), value, revision: 2 }), undefined);
  assert.is(table.apply({ key: 'members.x', value, revision: 3 }), undefined);
  assert.is(table.apply({ key: 'claims.x.y', value, revision: 4 }), undefined);
  assert.equal(table.living(), []);
  assert.equal(memberOf(key), run);
  assert.is(decodeMember(key, value!)?.node, 'a');
});

test('of runs that are over a bounded number is remembered', () => {
  const table = new MemberTable(3);
  const random = new SeededRandom(1);
  const incarnations = Array.from({ length: 5 }, () => newIncarnation(random));
  incarnations.forEach((incarnation, at) => {
    assert.match(incarnation, /^[0-9a-f]{16}$/);
    const gone = encodeMember(epitaph({ node: 'a', incarnation }, 'b'));
    table.apply({ key: memberKey('a', incarnation), value: gone, revision: at + 1 });
  });
  assert.equal(
    incarnations.map((incarnation) => table.fate('a', incarnation)),
    ['unknown', 'unknown', 'gone', 'gone', 'gone'],
  );
});
