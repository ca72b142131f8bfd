import * as fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { allBallots, ballotOf, council, evidenceOf, printedTerms } from '../../test/council/fixtures.ts';
import { decideOutcome } from './outcome.ts';
import { needsRoundTwo } from './round-two.ts';
import { verifyTally, type RecordedTally } from './verify-tally.ts';

const test = suite('verify tally', { limitMs: 60_000 });
const terms = printedTerms();
const ballots = allBallots(terms, { confidenceBp: 9_000 });

function recorded(changes: Partial<RecordedTally> = {}): RecordedTally {
  const { outcome, heldReason, tally } = decideOutcome(terms, ballots, 1);
  return { outcome, heldReason, tally, rounds: 1, ballots, ...changes };
}

function fieldsOf(record: RecordedTally): string[] {
  return verifyTally(terms, record).map(({ field }) => field);
}

test('a right record has no difference', () => {
  assert.equal(verifyTally(terms, recorded()), []);
});

test('names the fields that were changed', () => {
  assert.equal(fieldsOf(recorded({ outcome: 'rejected' })), ['outcome']);
  assert.equal(fieldsOf(recorded({ heldReason: 'veto' })), ['heldReason']);
  assert.equal(fieldsOf(recorded({ tally: { ...recorded().tally!, valueBp: 9_001 } })), ['tally.valueBp']);
  assert.equal(fieldsOf(recorded({ tally: null })), ['tally']);
  assert.equal(fieldsOf(recorded({ outcome: 'held', heldReason: 'veto' })), ['outcome', 'heldReason']);
});

test('a changed ballot shows in the tally', () => {
  const changed = ballots.map((ballot) =>
    ballot.body.seat === 'truth' ? ballotOf('truth', { scoreBp: 0 }) : ballot,
  );
  assert.ok(fieldsOf(recorded({ ballots: changed })).includes('tally.weighted'));
  assert.ok(fieldsOf(recorded({ ballots: ballots.slice(1) })).includes('tally.absent.0'));
});

test('a hold from outside the tally is taken as it is, its tally is not', () => {
  for (const heldReason of ['deadline', 'session-lost', 'evaluation-failed'] as const) {
    assert.equal(fieldsOf(recorded({ outcome: 'held', heldReason })), []);
  }
  const wrong = { ...recorded().tally!, weighted: 1 };
  assert.equal(fieldsOf(recorded({ outcome: 'held', heldReason: 'deadline', tally: wrong })), [
    'tally.weighted',
  ]);
});

test('a round that was due and left out, or run without need, is a difference', () => {
  const critical = evidenceOf({ critical: true, code: 'security.injection' });
  const due = ballots.map((ballot) =>
    ballot.body.seat === 'security' ? { ...ballot, evidence: [critical] } : ballot,
  );
  assert.equal(fieldsOf(recorded({ ballots: due })), ['rounds']);
  const second = allBallots(terms, { confidenceBp: 9_000, round: 2 });
  assert.equal(fieldsOf(recorded({ ballots: second, rounds: 2, superseded: due })), []);
  assert.equal(fieldsOf(recorded({ ballots: second, rounds: 2, superseded: ballots })), ['rounds']);
  assert.equal(fieldsOf(recorded({ ballots: second, rounds: 2 })), []);
});

test('property: what is recorded from any council verifies, and another outcome does not', () => {
  fc.assert(
    fc.property(council, ({ terms: some, ballots: cast }) => {
      const first = cast.filter(({ body }) => body.round === 1);
      const rounds = needsRoundTwo(some, first).needed ? 2 : 1;
      const record = { ...decideOutcome(some, cast, rounds), rounds, ballots: cast, superseded: [] };
      assert.equal(verifyTally(some, record), []);
      const other = record.outcome === 'approved' ? 'rejected' : 'approved';
      assert.ok(verifyTally(some, { ...record, outcome: other }).some(({ field }) => field === 'outcome'));
    }),
    { numRuns: 1_000 },
  );
});
