import * as fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import type { Ballot } from '../../contracts/messages/ballot.ts';
import { allBallots, ballotOf, council, printedTerms } from '../../test/council/fixtures.ts';
import { decideOutcome } from './outcome.ts';

const test = suite('outcome', { limitMs: 120_000 });
const terms = printedTerms();
const RUNS = { numRuns: 3_000 };

function outcomeOf(ballots: readonly Ballot[], changes: Parameters<typeof printedTerms>[0] = {}): string {
  const { outcome, heldReason } = decideOutcome(printedTerms(changes), ballots, 1);
  return heldReason ? `${outcome}: ${heldReason}` : outcome;
}

test('a tie at the threshold approves, one unit below does not', () => {
  assert.is(outcomeOf(allBallots(terms, { confidenceBp: 7_000 })), 'approved');
  const below = allBallots(terms, { confidenceBp: 7_000 }, { innovation: { confidenceBp: 6_999 } });
  assert.is(outcomeOf(below), 'rejected');
});

test('the form of the sum decides as configured (N-COU-2, N-COU-3)', () => {
  const unsure = allBallots(terms, { confidenceBp: 6_370 });
  assert.is(outcomeOf(unsure), 'rejected');
  assert.is(outcomeOf(unsure, { tallyForm: 'raw' }), 'approved');
  assert.is(outcomeOf(unsure, { tallyForm: 'confidence-normalised' }), 'approved');
  assert.is(outcomeOf(allBallots(terms, { confidenceBp: 6_000 }), { tallyForm: 'raw' }), 'rejected');
  const no = { scoreBp: 0 };
  const four = allBallots(terms, {}, { guardian: no, security: no, compassion: no, alignment: no });
  assert.is(outcomeOf(four), 'rejected');
  assert.is(outcomeOf(four, { tallyForm: 'raw' }), 'approved');
});

test('nobody answers: held for want of a quorum', () => {
  assert.is(outcomeOf([]), 'held: quorum');
  assert.is(outcomeOf([], { thresholdBp: 0, quorumBp: 0 }), 'held: quorum');
});

test('quorum is 85 % of the weight, with equality', () => {
  const noVeto = terms.roster.map((seat) => ({ ...seat, vetoes: false }));
  // 15 of 110 away leave 86.4 %; 17 leave 84.5 %.
  assert.is(outcomeOf(allBallots(terms, {}, { guardian: null }), { roster: noVeto }), 'approved');
  const less = allBallots(terms, {}, { security: null, truth: null });
  assert.is(outcomeOf(less, { roster: noVeto }), 'held: quorum');
  assert.is(
    outcomeOf(allBallots(terms, {}, { guardian: null }), { roster: noVeto, quorumBp: 8_636 }),
    'approved',
  );
  assert.is(
    outcomeOf(allBallots(terms, {}, { guardian: null }), { roster: noVeto, quorumBp: 8_637 }),
    'held: quorum',
  );
});

test('an absent veto seat holds, an absent other seat does not', () => {
  assert.is(outcomeOf(allBallots(terms, {}, { security: null })), 'held: veto-seat-absent');
  assert.is(outcomeOf(allBallots(terms, {}, { alignment: null })), 'approved');
});

test('a veto turns an approval into held and never a rejection', () => {
  const veto = { scoreBp: 0, veto: 'security.injection' };
  assert.is(outcomeOf(allBallots(terms, {}, { security: veto })), 'held: veto');
  assert.is(outcomeOf(allBallots(terms, { scoreBp: 0 }, { security: veto })), 'rejected');
  assert.is(outcomeOf(allBallots(terms, {}, { alignment: { veto: 'alignment.goal' } })), 'approved');
});

test('rejected only when the absent seats could not lift it; else held as undecided', () => {
  const low = allBallots(terms, { confidenceBp: 6_500 }, { alignment: null });
  assert.is(decideOutcome(terms, low, 1).tally.reachableBp[1], 6_722);
  assert.is(outcomeOf(low), 'rejected');
  const near = allBallots(terms, { confidenceBp: 6_900 }, { alignment: null });
  assert.is(outcomeOf(near), 'held: undecided');
});

test('held, not rejected, when the absent seats could just reach the threshold', () => {
  const roster = terms.roster.slice(0, 2).map((seat) => ({ ...seat, weightBp: 5_000, vetoes: false }));
  assert.is(
    outcomeOf([ballotOf('guardian', { scoreBp: 4_000 })], { roster, quorumBp: 0 }),
    'held: undecided',
  );
  assert.is(outcomeOf([ballotOf('guardian', { scoreBp: 3_999 })], { roster, quorumBp: 0 }), 'rejected');
});

test('a value that only rejecting ballots lift over the threshold is held: strict value', () => {
  const lukewarm = { scoreBp: 4_900 };
  const ballots = allBallots(terms, {}, { guardian: lukewarm, truth: lukewarm, justice: lukewarm });
  const { tally } = decideOutcome(terms, ballots, 1);
  assert.ok(tally.valueBp >= 7_000 && tally.strictBp < 7_000);
  assert.is(outcomeOf(ballots), 'held: strict-value');
});

test('more than half of the approving weight on one remote provider is held, exactly half is not', () => {
  const roster = terms.roster.slice(0, 4).map((seat) => ({ ...seat, weightBp: 1_000, vetoes: false }));
  const remote = { families: ['provider/x/large'] };
  const sibling = { families: ['provider/x/small'] };
  const half = allBallots(
    printedTerms({ roster }),
    { families: ['rules'] },
    { guardian: remote, truth: sibling },
  );
  const options = { roster, remoteFamilies: ['provider/x/', 'provider/y/'] };
  assert.is(outcomeOf(half, options), 'approved');
  const most = allBallots(
    printedTerms({ roster }),
    { families: ['rules'] },
    { guardian: remote, truth: sibling, justice: remote },
  );
  assert.is(outcomeOf(most, options), 'held: provider-concentration');
  assert.is(outcomeOf(most, { ...options, remoteFamilies: [] }), 'approved');
  assert.is(outcomeOf(most, { ...options, providerShareMaxBp: 7_500 }), 'approved');
  // Seats whose mandate is not touched rest on no evidence, so they do not thin out the provider's share.
  const idle = { applicable: false, families: [] };
  const thinned = allBallots(printedTerms({ roster }), idle, { guardian: { applicable: true, ...remote } });
  assert.is(outcomeOf(thinned, options), 'held: provider-concentration');
});

test('names everything that stands in the way, most telling first', () => {
  const ballots = allBallots(terms, { scoreBp: 0 }, { security: { veto: 'x' }, guardian: null, truth: null });
  assert.equal(decideOutcome(terms, ballots, 1).blockers, [
    'veto',
    'quorum',
    'veto-seat-absent',
    'undecided',
    'strict-value',
  ]);
});

test('property: order and duplication of ballots change nothing', () => {
  fc.assert(
    fc.property(council, fc.infiniteStream(fc.nat()), ({ terms: some, ballots, round }, chance) => {
      const [...picks] = Array.from({ length: ballots.length * 3 + 3 }, () => chance.next().value as number);
      const doubled = [...ballots, ...ballots.filter((_, index) => picks[index]! % 2 === 0)];
      for (let at = doubled.length - 1; at > 0; at -= 1) {
        const other = picks[at]! % (at + 1);
        [doubled[at], doubled[other]] = [doubled[other]!, doubled[at]!];
      }
      assert.equal(decideOutcome(some, doubled, round), decideOutcome(some, ballots, round));
    }),
    RUNS,
  );
});

test('property: two ballots of one seat and round give the same in any order, never more than one', () => {
  fc.assert(
    fc.property(
      council,
      fc.nat(),
      fc.integer({ min: 0, max: 10_000 }),
      ({ terms: some, ballots, round }, pick, scoreBp) => {
        if (ballots.length === 0) return;
        const twice = ballots[pick % ballots.length]!;
        const other = { ...twice, body: { ...twice.body, scoreBp } };
        const both = decideOutcome(some, [...ballots, other], round);
        assert.equal(both, decideOutcome(some, [other, ...ballots], round));
        // A provider's approval that is withdrawn may leave one that rests on others, and is sound.
        if (some.remoteFamilies.length > 0) return;
        if (decideOutcome(some, ballots, round).outcome !== 'approved')
          assert.is.not(both.outcome, 'approved');
      },
    ),
    RUNS,
  );
});

test('property: a surer rejecting ballot never turns a non-approval into an approval', () => {
  let tried = 0;
  fc.assert(
    fc.property(
      council,
      fc.nat(),
      fc.integer({ min: 0, max: 10_000 }),
      ({ terms: some, ballots, round }, pick, to) => {
        const rejecting = ballots.filter(({ body }) => body.scoreBp < 5_000);
        if (rejecting.length === 0) return;
        const one = rejecting[pick % rejecting.length]!;
        const surer = { ...one, body: { ...one.body, confidenceBp: Math.max(to, one.body.confidenceBp) } };
        const before = decideOutcome(some, ballots, round).outcome;
        const after = decideOutcome(
          some,
          ballots.map((ballot) => (ballot === one ? surer : ballot)),
          round,
        ).outcome;
        if (before !== 'approved') {
          tried += 1;
          assert.is.not(after, 'approved');
        }
      },
    ),
    RUNS,
  );
  assert.ok(tried > 500, `only ${tried} cases had a rejecting ballot and no approval`);
});

test('property: losing a rejecting or veto seat never turns a non-approval into an approval', () => {
  let tried = 0;
  fc.assert(
    fc.property(council, fc.nat(), fc.boolean(), ({ terms: some, ballots, round }, pick, whole) => {
      const vetoSeats = new Set<string>(some.roster.filter(({ vetoes }) => vetoes).map(({ seat }) => seat));
      const losable = ballots.filter(
        ({ body }) => body.round === round && (body.scoreBp < 5_000 || vetoSeats.has(body.seat)),
      );
      if (losable.length === 0) return;
      const lost = losable[pick % losable.length]!;
      const rest = ballots.filter((ballot) =>
        whole ? ballot.body.seat !== lost.body.seat : ballot !== lost,
      );
      if (decideOutcome(some, ballots, round).outcome === 'approved') return;
      tried += 1;
      assert.is.not(decideOutcome(some, rest, round).outcome, 'approved');
    }),
    RUNS,
  );
  assert.ok(tried > 500, `only ${tried} cases lost a rejecting or veto seat`);
});

test('property: an absence of any seat never makes an approval while no remote provider weighs in', () => {
  fc.assert(
    fc.property(council, fc.nat(), ({ terms: some, ballots, round }, pick) => {
      if (ballots.length === 0) return;
      const rules = { ...some, remoteFamilies: [] };
      const lost = ballots[pick % ballots.length]!.body.seat;
      if (decideOutcome(rules, ballots, round).outcome === 'approved') return;
      const rest = ballots.filter(({ body }) => body.seat !== lost);
      assert.is.not(decideOutcome(rules, rest, round).outcome, 'approved');
    }),
    RUNS,
  );
});

test('property: a rejection stays one whatever the absent seats would have said', () => {
  fc.assert(
    fc.property(council, fc.integer({ min: 0, max: 10_000 }), ({ terms: some, ballots, round }, scoreBp) => {
      const decided = decideOutcome(some, ballots, round);
      if (decided.outcome !== 'rejected') return;
      const late = decided.tally.absent.map((seat) => ballotOf(seat, { round, scoreBp }));
      assert.is(decideOutcome(some, [...ballots, ...late], round).outcome, 'rejected');
    }),
    RUNS,
  );
});

test('property: approved means every condition holds', () => {
  let approved = 0;
  fc.assert(
    fc.property(council, ({ terms: some, ballots, round }) => {
      const { outcome, blockers, tally } = decideOutcome(
        { ...some, tallyForm: 'weight-normalised' },
        ballots,
        round,
      );
      if (outcome !== 'approved') return assert.ok(blockers.length > 0);
      approved += 1;
      assert.ok(tally.valueBp >= some.thresholdBp && tally.strictBp >= some.thresholdBp);
      assert.ok(tally.participatingWeightBp * 10_000 >= some.quorumBp * tally.totalWeightBp);
      assert.is(tally.vetoes.length, 0);
      assert.not(some.roster.some(({ seat, vetoes }) => vetoes && tally.absent.includes(seat)));
    }),
    RUNS,
  );
  assert.ok(approved > 100, `only ${approved} councils approved`);
});
