import * as fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { Tally } from '../../contracts/messages/verdict.ts';
import { allBallots, ballotOf, council, printedTerms } from '../../test/council/fixtures.ts';
import { tallyBallots } from './tally.ts';
import { divideDown } from './tally-terms.ts';

const test = suite('tally', { limitMs: 60_000 });
const terms = printedTerms();

test('the printed weights total 110 and normalise to the printed shares (N-COU-1)', () => {
  assert.is(tallyBallots(terms, [], 1).totalWeightBp, 11_000);
  const shares = terms.roster.map(({ seat }) => tallyBallots(terms, [ballotOf(seat)], 1).valueBp);
  assert.equal(shares, [1363, 909, 909, 1090, 727, 727, 909, 909, 727, 636, 545, 545]);
});

test('twelve full approvals at a mean confidence of 0.637 and of 0.60 (N-COU-2)', () => {
  const at637 = tallyBallots(terms, allBallots(terms, { confidenceBp: 6_370 }), 1);
  assert.is(at637.rawBp, 7_007);
  assert.is(at637.valueBp, 6_370);
  assert.is(at637.confidenceNormalisedBp, 10_000);
  assert.is(tallyBallots(terms, allBallots(terms, { confidenceBp: 6_000 }), 1).rawBp, 6_600);
});

test('Guardian, Security, Compassion and Alignment all reject: 0.72 raw, 0.6545 normalised (N-COU-3)', () => {
  const rejecting = { scoreBp: 0 };
  const four = { guardian: rejecting, security: rejecting, compassion: rejecting, alignment: rejecting };
  const tally = tallyBallots(terms, allBallots(terms, {}, four), 1);
  assert.is(tally.rawBp, 7_200);
  assert.is(tally.valueBp, 6_545);
  assert.is(tally.rejectCount, 4);
});

test('a rejection of score 0 adds nothing at any confidence; one form weighs it (N-COU-4)', () => {
  const sure = tallyBallots(
    terms,
    allBallots(terms, {}, { guardian: { scoreBp: 0, confidenceBp: 10_000 } }),
    1,
  );
  const unsure = tallyBallots(
    terms,
    allBallots(terms, {}, { guardian: { scoreBp: 0, confidenceBp: 100 } }),
    1,
  );
  assert.is(sure.weighted, unsure.weighted);
  assert.ok(sure.confidenceNormalisedBp! < unsure.confidenceNormalisedBp!);
});

test('a score below 0.5 enters the value but not the strict value; 0.5 itself enters both', () => {
  const below = tallyBallots(terms, [ballotOf('guardian', { scoreBp: 4_999 })], 1);
  assert.is(below.weighted, 1_500 * 10_000 * 4_999);
  assert.is(below.strictWeighted, 0);
  const half = tallyBallots(terms, [ballotOf('guardian', { scoreBp: 5_000 })], 1);
  assert.is(half.strictWeighted, half.weighted);
});

test('counts votes, names absent seats and vetoes in roster order, and sorts families', () => {
  const tally = tallyBallots(
    terms,
    allBallots(
      terms,
      { families: ['rules', 'model/a'] },
      {
        truth: null,
        innovation: { applicable: false, families: [] },
        security: { scoreBp: 0, veto: 'security.injection' },
        wisdom: { families: ['provider/x'] },
        // Wisdom has no veto on this roster, so the mark means nothing.
        justice: { veto: 'justice.group-outcome' },
      },
    ),
    1,
  );
  assert.equal(tally.absent, ['truth']);
  assert.equal(
    [tally.ballotCount, tally.approveCount, tally.rejectCount, tally.notApplicableCount],
    [11, 9, 1, 1],
  );
  assert.equal(tally.vetoes, [{ seat: 'security', code: 'security.injection' }]);
  assert.equal(tally.families, [
    { family: 'model/a', approvingWeightBp: 7_400, remote: false },
    { family: 'provider/x', approvingWeightBp: 1_200, remote: true },
    { family: 'rules', approvingWeightBp: 7_400, remote: false },
  ]);
});

test('in round 2 a seat heard only in round 1 is absent, and its veto stands', () => {
  const first = allBallots(terms, {}, { privacy: { veto: 'privacy.card-number', scoreBp: 0 } });
  const second = allBallots(terms, { round: 2 }, { privacy: null, truth: null });
  const tally = tallyBallots(terms, [...first, ...second], 2);
  assert.equal(tally.absent, ['truth', 'privacy']);
  assert.equal(tally.vetoes, [{ seat: 'privacy', code: 'privacy.card-number' }]);
  assert.is(tallyBallots(terms, [...first, ...second], 1).ballotCount, 12);
});

test('the reachable range holds the value and closes when every seat has voted', () => {
  assert.equal(tallyBallots(terms, [], 1).reachableBp, [0, 10_000]);
  const oneLess = tallyBallots(terms, allBallots(terms, { confidenceBp: 8_000 }, { guardian: null }), 1);
  assert.equal(oneLess.reachableBp, [6_909, 8_272]);
  const all = tallyBallots(terms, allBallots(terms, { confidenceBp: 8_000 }), 1);
  assert.equal(all.reachableBp, [8_000, 8_000]);
});

test('the heaviest council of 64 seats is exact', () => {
  const seat = terms.roster[0]!;
  const roster = Array.from({ length: 64 }, (_, index) => ({
    ...seat,
    seat: `s-${index}` as typeof seat.seat,
    weightBp: 10_000,
  }));
  const heavy = printedTerms({ roster });
  const tally = tallyBallots(heavy, allBallots(heavy, { scoreBp: 9_999, confidenceBp: 9_999 }), 1);
  assert.is(tally.weighted, Number(64n * 10_000n * 9_999n * 9_999n));
  assert.is(tally.attainable, Number(64n * 10_000n * 100_000_000n));
});

test('refuses weights and scores that would make the sum wrong', () => {
  const [first, second] = terms.roster;
  const with_ = (roster: typeof terms.roster) => () => tallyBallots(printedTerms({ roster }), [], 1);
  assert.throws(with_([first!, first!]), /twice/);
  assert.throws(with_([{ ...first!, weightBp: 0.5 }]), /weight/);
  assert.throws(with_([{ ...first!, weightBp: -1 }]), /weight/);
  assert.throws(
    with_([
      { ...first!, weightBp: 640_000 },
      { ...second!, weightBp: 1 },
    ]),
    /above/,
  );
  for (const scoreBp of [-1, 10_001, 0.5, Number.NaN]) {
    assert.throws(() => tallyBallots(terms, [ballotOf('truth', { scoreBp })], 1), /basis points/);
    assert.throws(
      () => tallyBallots(terms, [ballotOf('truth', { confidenceBp: scoreBp })], 1),
      /basis points/,
    );
  }
});

test('property: sums agree with arithmetic on big integers, and every record fits its schema', () => {
  fc.assert(
    fc.property(council, ({ terms: some, ballots }) => {
      const tally = tallyBallots(some, ballots, 1);
      Tally.parse(tally);
      const weightOf = new Map(some.roster.map(({ seat, weightBp }) => [seat as string, BigInt(weightBp)]));
      let weighted = 0n;
      for (const { body } of ballots) {
        if (body.round === 1)
          weighted += weightOf.get(body.seat)! * BigInt(body.confidenceBp) * BigInt(body.scoreBp);
      }
      assert.is(BigInt(tally.weighted), weighted);
      const total = BigInt(tally.totalWeightBp) * 10_000n;
      if (total > 0n) assert.is(BigInt(tally.valueBp), weighted / total);
      assert.ok(tally.strictWeighted <= tally.weighted);
      assert.ok(tally.reachableBp[0]! <= tally.reachableBp[1]!);
    }),
    { numRuns: 2_000 },
  );
});

test('property: rounding down never hides or invents a threshold that is met', () => {
  fc.assert(
    fc.property(council, ({ terms: some, ballots }) => {
      const tally = tallyBallots(some, ballots, 1);
      const isMetExactly =
        BigInt(tally.weighted) * 10_000n >= BigInt(some.thresholdBp) * BigInt(tally.attainable);
      if (tally.attainable > 0) assert.is(tally.valueBp >= some.thresholdBp, isMetExactly);
    }),
    { numRuns: 2_000 },
  );
});

test('property: division is exact over its whole range', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 2 ** 40 }), (dividend, divisor) => {
      assert.is(BigInt(divideDown(dividend, divisor)), BigInt(dividend) / BigInt(divisor));
    }),
  );
});
