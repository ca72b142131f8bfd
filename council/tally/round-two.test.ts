import * as fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import {
  allBallots,
  ballotOf,
  council,
  evidenceOf,
  printedTerms,
  SOME_DIGEST,
} from '../../test/council/fixtures.ts';
import { needsRoundTwo } from './round-two.ts';
import { isRaised, revisionFault } from './revision-fault.ts';
import type { BallotBody } from '../../contracts/messages/ballot.ts';
import type { Evidence } from '../../contracts/messages/evidence.ts';

const test = suite('round two', { limitMs: 60_000 });
const terms = printedTerms();
const OTHER_DIGEST = `sha256:${'1'.repeat(64)}` as typeof SOME_DIGEST;

test('critical evidence calls for round 2 even against eleven approvals', () => {
  const ballots = allBallots(terms, { confidenceBp: 9_500 }, { security: null });
  assert.is(needsRoundTwo(terms, ballots).needed, false);
  const critical = ballotOf('security', {}, [
    evidenceOf({ critical: true, scoreBp: 0, code: 'security.injection' }),
  ]);
  const need = needsRoundTwo(terms, [...ballots, critical]);
  assert.equal([need.needed, need.cause], [true, 'critical-evidence']);
  assert.is(needsRoundTwo({ ...terms, maxRounds: 1 }, [...ballots, critical]).needed, false);
});

test('dissent that is lighter than the lead does not, heavier dissent does', () => {
  const one = allBallots(terms, { confidenceBp: 9_000 }, { innovation: { scoreBp: 0 } });
  assert.is(needsRoundTwo(terms, one).needed, false);
  const two = allBallots(
    terms,
    { confidenceBp: 9_000 },
    { guardian: { scoreBp: 0 }, security: { scoreBp: 0 } },
  );
  assert.equal([needsRoundTwo(terms, two).needed, needsRoundTwo(terms, two).cause], [true, 'dissent']);
});

test('a result below the threshold calls for it only where a raise could be cited', () => {
  const no = { scoreBp: 0 };
  const rejected = allBallots(terms, { confidenceBp: 9_000 }, { guardian: no, truth: no, justice: no });
  assert.is(needsRoundTwo(terms, rejected).needed, false);
  const cited = [
    ...rejected.filter(({ body }) => body.seat !== 'wisdom'),
    ballotOf('wisdom', { confidenceBp: 9_000 }, [evidenceOf()]),
  ];
  assert.is(needsRoundTwo(terms, cited).needed, true);
  const vetoed = cited.map((ballot) =>
    ballot.body.seat === 'guardian' ? ballotOf('guardian', { ...no, veto: 'x' }) : ballot,
  );
  assert.is(needsRoundTwo(terms, vetoed).needed, false);
});

test('without dissent there is nothing to talk about', () => {
  assert.is(needsRoundTwo(terms, allBallots(terms, { confidenceBp: 5_000 })).needed, false);
  assert.is(needsRoundTwo(terms, []).needed, false);
});

test('property: the order of ballots does not matter', () => {
  fc.assert(
    fc.property(council, ({ terms: some, ballots }) => {
      assert.equal(needsRoundTwo(some, [...ballots].reverse()), needsRoundTwo(some, ballots));
    }),
    { numRuns: 1_000 },
  );
});

function fault(
  before: Partial<BallotBody>,
  after: Partial<BallotBody>,
  peer: Partial<Evidence> = {},
): string | null {
  const previous = ballotOf('truth', before, [evidenceOf()]);
  const roundOne = [previous, ballotOf('privacy', {}, [evidenceOf(peer)])];
  const revised = ballotOf('truth', { ...before, round: 2, previousBallot: SOME_DIGEST, ...after });
  return revisionFault({ revised, previous, previousDigest: SOME_DIGEST, roundOne });
}

test('a revision may lower freely and raise only by citing rules or record evidence of another seat', () => {
  assert.is(fault({}, { scoreBp: 0 }), null);
  assert.is(fault({}, {}), null);
  assert.match(fault({ scoreBp: 0 }, { scoreBp: 1 })!, /without citing/);
  assert.match(fault({ confidenceBp: 5_000 }, { confidenceBp: 6_000 })!, /without citing/);
  const cites = ['privacy/none'];
  assert.is(fault({ scoreBp: 0 }, { scoreBp: 9_000, cites }), null);
  assert.is(fault({ scoreBp: 0 }, { scoreBp: 9_000, cites }, { kind: 'record' }), null);
  assert.match(fault({ scoreBp: 0 }, { scoreBp: 9_000, cites }, { kind: 'model' })!, /no other seat/);
  assert.match(fault({ scoreBp: 0 }, { scoreBp: 9_000, cites }, { scoreBp: 100 })!, /no other seat/);
  assert.match(fault({ scoreBp: 0 }, { scoreBp: 9_000, cites: ['truth/none'] })!, /no other seat/);
  assert.match(fault({ scoreBp: 0 }, { scoreBp: 9_000, cites: ['privacy/other'] })!, /no other seat/);
});

test('a round-1 veto stands and the chain to round 1 must hold', () => {
  assert.match(fault({ veto: 'truth.forged' }, { veto: null })!, /must stand/);
  assert.match(fault({ veto: 'truth.forged' }, { veto: 'truth.other' })!, /must stand/);
  assert.is(fault({}, { veto: 'truth.forged', scoreBp: 0 }), null);
  assert.match(fault({}, { previousBallot: OTHER_DIGEST })!, /digest/);
  assert.match(fault({}, { previousBallot: null })!, /digest/);
});

test('a surer rejection is no raise, more weight behind an approval is', () => {
  const body = (scoreBp: number, confidenceBp: number): BallotBody =>
    ballotOf('truth', { scoreBp, confidenceBp }).body;
  assert.not(isRaised(body(2_000, 3_000), body(1_000, 9_900)));
  assert.ok(isRaised(body(9_000, 5_000), body(8_000, 9_900)));
  assert.not(isRaised(body(9_000, 5_000), body(8_000, 5_000)));
});
