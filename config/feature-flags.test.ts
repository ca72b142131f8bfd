import { WitanError } from '../contracts/errors.ts';
import { assert, suite } from '../test/harness.ts';
import { createFeatureFlags } from './feature-flags.ts';
import type { FeatureFlagChange } from './feature-flags.ts';
import { loadSettings } from './loader.ts';

const test = suite('config: feature flags');
const initial = loadSettings().settings.features;

test('a switch takes effect at once and is told once', () => {
  const flags = createFeatureFlags(initial);
  const seen: FeatureFlagChange[] = [];
  flags.subscribe((change) => seen.push(change));
  flags.set('consensus', false, 'user:ann');
  flags.set('consensus', false, 'user:ann');
  assert.is(flags.isOn('consensus'), false);
  assert.equal(seen, [{ flag: 'consensus', on: false, by: 'user:ann' }]);
});

test('a session keeps the flags it began with', () => {
  const flags = createFeatureFlags(initial);
  const session = flags.snapshot();
  flags.set('secondRound', false, 'user:ann');
  assert.is(session.secondRound, true);
  assert.is(flags.snapshot().secondRound, false);
  assert.throws(() => Object.assign(session, { secondRound: false }), TypeError);
});

test('an unknown flag is refused, also one that every object has', () => {
  const flags = createFeatureFlags(initial);
  for (const name of ['nope', 'toString', '__proto__']) {
    assert.throws(
      () => flags.set(name, true, 'me'),
      (error: unknown) => error instanceof WitanError && error.code === 'invalid_argument',
    );
  }
});

test('a listener that throws is reported and keeps nobody else from hearing', () => {
  const errors: unknown[] = [];
  const flags = createFeatureFlags(initial, (error) => errors.push(error));
  let heard = 0;
  flags.subscribe(() => {
    throw new Error('mine');
  });
  const leave = flags.subscribe(() => (heard += 1));
  flags.set('vetoes', false, 'me');
  leave();
  flags.set('vetoes', true, 'me');
  assert.is(heard, 1);
  assert.is(errors.length, 2);
});
