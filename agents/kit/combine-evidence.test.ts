import * as fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { evidenceOf } from '../../test/council/fixtures.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';
import { findingConfidence, isCodePrefix, mayVeto } from './calibration.ts';
import { combineEvidence } from './combine-evidence.ts';
import type { SeatCalibration } from './seat-plan.ts';

const test = suite('combine evidence', { limitMs: 30_000 });
const calibration: SeatCalibration = {
  id: 'privacy@2026-11-01#0123',
  benignConfidenceBp: 9_700,
  findingConfidenceBp: { privacy: 8_000, 'privacy.card': 9_600, 'privacy.card-number.visa': 9_900 },
  vetoCodes: ['privacy.card'],
};
const options = { calibration, isRecordMandate: false };

test('prefixes end at whole parts of a code', () => {
  assert.ok(isCodePrefix('privacy', 'privacy.card-number'));
  assert.ok(isCodePrefix('privacy.card', 'privacy.card-number'));
  assert.ok(isCodePrefix('privacy.', 'privacy.card'));
  assert.not(isCodePrefix('privacy.card', 'privacy.cardiology'));
  assert.not(isCodePrefix('privacy.card-number', 'privacy.card'));
});

test('the longest prefix gives the confidence', () => {
  assert.is(findingConfidence(calibration, 'privacy.email'), 8_000);
  assert.is(findingConfidence(calibration, 'privacy.card-number'), 9_600);
  assert.is(findingConfidence(calibration, 'privacy.card-number.visa'), 9_900);
  assert.is(findingConfidence(calibration, 'security.injection'), undefined);
  assert.ok(mayVeto(calibration, 'privacy.card-number'));
  assert.not(mayVeto(calibration, 'privacy.email'));
});

test('no evidence is no vote; no finding is an approval at the benign confidence', () => {
  assert.is(combineEvidence([], options), null);
  assert.equal(combineEvidence([evidenceOf()], options), {
    scoreBp: 10_000,
    confidenceBp: 9_700,
    applicable: true,
    veto: null,
    families: ['rules'],
  });
});

test('evidence that is nowhere applicable is a not-applicable vote', () => {
  const vote = combineEvidence(
    [evidenceOf({ applicable: false, scoreBp: 0, code: 'privacy.card' })],
    options,
  );
  assert.equal(vote, { scoreBp: 10_000, confidenceBp: 9_700, applicable: false, veto: null, families: [] });
});

test('the lowest score decides, with its measured confidence; unmeasured codes keep the evaluator’s', () => {
  const evidence = [
    evidenceOf(),
    evidenceOf({ scoreBp: 2_000, code: 'privacy.email' }),
    evidenceOf({ scoreBp: 3_000, code: 'privacy.card' }),
  ];
  const vote = combineEvidence(evidence, options)!;
  assert.equal([vote.scoreBp, vote.confidenceBp, vote.veto], [2_000, 8_000, 'privacy.card']);
  const foreign = combineEvidence(
    [evidenceOf({ scoreBp: 0, code: 'security.injection', confidenceBp: 6_100 })],
    options,
  )!;
  assert.is(foreign.confidenceBp, 6_100);
});

test('a code that may veto does so only as a finding', () => {
  assert.is(combineEvidence([evidenceOf({ code: 'privacy.card', scoreBp: 5_000 })], options)!.veto, null);
  assert.is(
    combineEvidence([evidenceOf({ code: 'privacy.card', scoreBp: 4_999 })], options)!.veto,
    'privacy.card',
  );
});

test('the caller’s word alone never lifts a seat of the record above 0.5', () => {
  const asserted = evidenceOf({ kind: 'record', basis: 'asserted', code: 'privacy.consent-given' });
  assert.is(combineEvidence([asserted], options)!.scoreBp, 5_000);
  const rules = evidenceOf({ basis: 'asserted' });
  assert.is(combineEvidence([rules], options)!.scoreBp, 10_000);
  assert.is(combineEvidence([rules], { ...options, isRecordMandate: true })!.scoreBp, 5_000);
  assert.is(
    combineEvidence([{ ...asserted, basis: 'attested' }], { ...options, isRecordMandate: true })!.scoreBp,
    10_000,
  );
});

test('a ballot rests on an llm only where local evidence alone would not give the score', () => {
  const llm = evidenceOf({ kind: 'llm', family: 'provider/x' });
  assert.equal(combineEvidence([evidenceOf(), llm], options)!.families, ['rules']);
  assert.equal(combineEvidence([evidenceOf(), { ...llm, scoreBp: 8_000 }], options)!.families, [
    'provider/x',
  ]);
  assert.equal(combineEvidence([llm], options)!.families, ['provider/x']);
});

const evidence: fc.Arbitrary<Evidence> = fc
  .record({
    scoreBp: fc.integer({ min: 0, max: 10_000 }),
    confidenceBp: fc.integer({ min: 0, max: 10_000 }),
    code: fc.constantFrom('none', 'privacy.card', 'privacy.email', 'other.code'),
    kind: fc.constantFrom('rules' as const, 'model' as const, 'llm' as const, 'record' as const),
    basis: fc.constantFrom('asserted' as const, 'attested' as const, 'content' as const),
    critical: fc.boolean(),
    applicable: fc.boolean(),
    family: fc.constantFrom('rules', 'provider/x'),
  })
  .map((changes) => evidenceOf(changes));

test('property: order does not matter, and more evidence never raises a score', () => {
  fc.assert(
    fc.property(
      fc.array(evidence, { maxLength: 6 }),
      evidence,
      fc.boolean(),
      (some, more, isRecordMandate) => {
        const how = { calibration, isRecordMandate };
        const before = combineEvidence(some, how);
        assert.equal(combineEvidence([...some].reverse(), how), before);
        const after = combineEvidence([...some, more], how)!;
        if (!before) return;
        assert.ok(after.scoreBp <= before.scoreBp);
        if (before.veto !== null) assert.ok(after.veto !== null);
      },
    ),
    { numRuns: 2_000 },
  );
});
