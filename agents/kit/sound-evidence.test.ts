import { freezeDeep } from '../../runtime/kernel/frozen.ts';
import { assert, suite } from '../../test/harness.ts';
import { soundEvidence } from './sound-evidence.ts';

const test = suite('sound evidence', { limitMs: 10_000 });

const EVIDENCE = {
  evaluator: 'security/actions@1.0.0#000000000000',
  kind: 'rules',
  family: 'rules',
  scoreBp: 10_000,
  confidenceBp: 9_000,
  code: 'none',
  spans: [],
  basis: 'content',
  critical: false,
  applicable: true,
  reasons: [],
};

test('evidence that may still change is read anew each time', () => {
  const given = structuredClone(EVIDENCE);
  assert.equal(soundEvidence(given), EVIDENCE);
  given.scoreBp = 20_000;
  assert.is(soundEvidence(given), undefined);
});

test('frozen evidence is read once, and what is given out cannot be changed either', () => {
  const given = freezeDeep(structuredClone(EVIDENCE));
  const first = soundEvidence(given)!;
  assert.equal(first, EVIDENCE);
  assert.is(soundEvidence(given), first);
  assert.throws(() => (first.reasons as string[]).push('changed'), TypeError);
});

test('what is no evidence is none, frozen or not', () => {
  for (const given of [null, undefined, 'text', {}, { ...EVIDENCE, confidenceBp: Number.NaN }]) {
    assert.is(soundEvidence(given), undefined);
    assert.is(soundEvidence(freezeDeep(given)), undefined);
    assert.is(soundEvidence(given), undefined);
  }
});
