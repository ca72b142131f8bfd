import { assert, suite } from '../../../test/harness.ts';
import { SettingsSchema } from '../../schema.ts';

const test = suite('cluster settings');

function faults(cluster: Record<string, unknown>): string[] {
  const parsed = SettingsSchema.safeParse({ cluster });
  return (parsed.error?.issues ?? []).map(({ path }) => path.join('.'));
}

test('times of the lease must fit each other; names are tokens of subjects', () => {
  assert.equal(faults({}), []);
  assert.equal(faults({ beatMs: 1_000, leaseMs: 2_999 }), ['cluster.leaseMs']);
  assert.equal(faults({ beatMs: 1_000, leaseMs: 3_000 }), []);
  assert.equal(faults({ leaseMs: 12_000 }), ['cluster.hungMs']);
  assert.equal(faults({ name: 'a.b' }), ['cluster.name']);
  assert.equal(faults({ labels: { gpu: 'true', 'a b': 'x' } }), ['cluster.labels.a b']);
});

test('nodes of a cluster do not seal what other nodes could not open', () => {
  const path = (store: object, privacy: object): PropertyKey[] | undefined =>
    SettingsSchema.safeParse({ store, privacy }).error?.issues[0]?.path;
  const natsUrl = 'nats://127.0.0.1:4222';
  assert.equal(path({ natsUrl }, {}), ['privacy', 'sealInput']);
  assert.equal(path({ natsUrl }, { sealInput: 'sensitive' }), ['privacy', 'sealInput']);
  assert.is(path({ natsUrl }, { sealInput: 'never' }), undefined);
  assert.is(path({}, { sealInput: 'always' }), undefined);
});
