import { CLUSTER_PROTOCOL } from '../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import { assert, suite } from '../../test/harness.ts';
import { epitaph } from '../membership/member-key.ts';
import { capacityOf, eligibleMembers, isEligible } from './eligibility.ts';

const test = suite('eligibility');

function record(fields: Partial<MemberRecord> = {}): MemberRecord {
  return { ...epitaph({ node: 'a', incarnation: '00000000000000aa' }, 'b'), state: 'up', ...fields };
}

test('state, roles, labels and protocol must all fit', () => {
  assert.ok(isEligible(record()));
  for (const state of ['joining', 'draining', 'gone'] as const) assert.not.ok(isEligible(record({ state })));
  const gpu = record({ roles: ['worker', 'platform'], labels: { gpu: 'true', zone: 'x' } });
  assert.ok(isEligible(gpu, { roles: ['worker'], labels: { gpu: 'true' } }));
  assert.not.ok(isEligible(gpu, { roles: ['worker', 'anchor'] }));
  assert.not.ok(isEligible(gpu, { labels: { gpu: 'false' } }));
  assert.not.ok(isEligible(gpu, { labels: { region: 'x' } }));
  assert.ok(isEligible(record({ protocol: { min: 2, max: 4 } }), { protocol: { min: 1, max: 2 } }));
  const newer = CLUSTER_PROTOCOL.max + 1;
  assert.not.ok(isEligible(record({ protocol: { min: newer, max: newer } })));
  assert.not.ok(isEligible(record(), { protocol: { min: newer, max: newer } }));
});

test('capacity is a number within bounds, else 1', () => {
  const of = (capacity: string): number => capacityOf(record({ labels: { capacity } }));
  assert.equal(['2', '0.5', '0', '-1', '1e9', 'many', ' '].map(of), [2, 0.5, 1, 1, 1, 1, 1]);
  assert.is(capacityOf(record()), 1);
});

test('of two runs of a node the one that came later counts, and only that one, however they renew', () => {
  const condition = 'well' as const;
  const old = { record: record({ incarnation: '00000000000000ab' }), revision: 5, since: 2, condition };
  const now = { record: record({ state: 'draining' }), revision: 9, since: 4, condition };
  const other = { record: record({ node: 'b' }), revision: 7, condition };
  const names = (...members: Parameters<typeof eligibleMembers>[0][number][]): string[] =>
    eligibleMembers(members).map((one) => one.record.node);
  assert.equal(names(old, now, other), ['b']);
  assert.equal(names({ ...old, revision: 11 }, now, other), ['b']);
  assert.equal(names({ ...now, since: 1 }, old), ['a']);
});
