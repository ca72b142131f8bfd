import fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { advance } from '../../test/sim-time.ts';
import { VoteCollector } from './vote-collector.ts';
import type { LateVote, RoundResult } from './vote-collector.ts';
import { SimClock } from './sim/sim-clock.ts';

const test = suite('vote collector');
const VOTERS = ['truth', 'mercy', 'guardian'];

function collect(voters: readonly string[] = VOTERS) {
  const clock = new SimClock();
  const results: RoundResult<number>[] = [];
  const late: LateVote<number>[] = [];
  const collector = new VoteCollector<number>({
    clock,
    voters,
    onRoundClosed: (result) => results.push(result),
    onLate: (vote) => late.push(vote),
  });
  return { clock, collector, results, late };
}

test('a round ends when the last voter voted; votes stand in roster order', async () => {
  const { clock, collector, results } = collect();
  collector.open(1, { deadlineMs: 100 });
  assert.is(collector.offer('guardian', 1, 3), 'counted');
  assert.is(collector.offer('truth', 1, 1), 'counted');
  assert.is(results.length, 0);
  await advance(clock, 7);
  assert.is(collector.offer('mercy', 1, 2), 'counted');
  assert.is(results.length, 1);
  assert.equal(results[0]!.votes, [1, 2, 3]);
  assert.is(results[0]!.end, 'complete');
  assert.is(results[0]!.elapsedMs, 7);
  assert.is(clock.pendingCount(), 0);
  assert.is(collector.round, undefined);
});

test('one vote per voter and round: the second is refused, in time or late', () => {
  const { collector, results, late } = collect();
  collector.open(1, { deadlineMs: 100 });
  assert.is(collector.offer('truth', 1, 1), 'counted');
  assert.is(collector.offer('truth', 1, 9), 'duplicate');
  collector.close();
  assert.is(collector.offer('truth', 1, 9), 'duplicate');
  assert.is(collector.offer('mercy', 1, 2), 'late');
  assert.is(collector.offer('mercy', 1, 2), 'duplicate');
  assert.equal(results[0]!.votes, [1, undefined, undefined]);
  assert.equal(late, [{ round: 1, voter: 'mercy', vote: 2 }]);
});

test('the deadline ends a round and names who is missing; what comes after is late', async () => {
  const { clock, collector, results, late } = collect();
  collector.open(1, { deadlineMs: 100 });
  collector.offer('mercy', 1, 2);
  await advance(clock, 99);
  assert.is(results.length, 0);
  await advance(clock, 1);
  assert.is(results[0]!.end, 'deadline');
  assert.equal(results[0]!.absent, [
    { voter: 'truth', reason: 'deadline' },
    { voter: 'guardian', reason: 'deadline' },
  ]);
  collector.open(2, { deadlineMs: 100 });
  assert.is(collector.offer('truth', 1, 1), 'late');
  assert.is(late.length, 1);
  assert.is(results.length, 1);
});

test('a voter that dies is absent at once and the round does not wait for it', () => {
  const { collector, results } = collect();
  collector.open(1, { deadlineMs: 100 });
  collector.offer('truth', 1, 1);
  collector.offer('mercy', 1, 2);
  assert.ok(collector.markAbsent('guardian', 'crashed'));
  assert.is(results[0]!.end, 'complete');
  assert.equal(results[0]!.absent, [{ voter: 'guardian', reason: 'crashed' }]);
  assert.not(collector.markAbsent('guardian', 'crashed'));
});

test('a voter that died and came back may still vote; one that voted cannot be made absent', () => {
  const { collector, results } = collect();
  collector.open(1, { deadlineMs: 100 });
  assert.ok(collector.markAbsent('guardian', 'crashed'));
  assert.is(collector.offer('guardian', 1, 3), 'counted');
  assert.not(collector.markAbsent('guardian', 'crashed'));
  collector.offer('truth', 1, 1);
  collector.offer('mercy', 1, 2);
  assert.equal(results[0]!.absent, []);
  assert.is(results[0]!.votedCount, 3);
});

test('the predicate cuts a round short, after votes and after absences', () => {
  const { clock, collector, results } = collect();
  collector.open(1, { deadlineMs: 100, isDecided: (view) => view.votedCount === 2 });
  collector.offer('truth', 1, 1);
  collector.offer('mercy', 1, 2);
  assert.is(results[0]!.end, 'decided');
  assert.equal(results[0]!.absent, [{ voter: 'guardian', reason: 'undecided' }]);
  assert.is(clock.pendingCount(), 0);
  collector.open(2, { deadlineMs: 100, isDecided: (view) => view.absentCount > 0 });
  collector.markAbsent('truth', 'refused');
  assert.is(results[1]!.end, 'decided');
});

test('a round may ask some voters only; others are unknown to it', () => {
  const { collector, results } = collect();
  collector.open(2, { deadlineMs: 100, voters: ['mercy'] });
  assert.is(collector.offer('truth', 2, 1), 'unknown-voter');
  assert.is(collector.offer('nobody', 2, 1), 'unknown-voter');
  assert.is(collector.offer('mercy', 3, 1), 'early');
  collector.offer('mercy', 2, 2);
  assert.equal(results[0]!.votes, [undefined, 2, undefined]);
  assert.equal(results[0]!.absent, []);
});

test('a round without voters ends at once', () => {
  const { collector, results, clock } = collect();
  collector.open(1, { deadlineMs: 100, voters: [] });
  assert.is(results[0]!.end, 'complete');
  assert.is(clock.pendingCount(), 0);
});

test('misuse is a programmer’s error', () => {
  const { collector } = collect();
  collector.open(1, { deadlineMs: 100 });
  assert.throws(() => collector.open(2, { deadlineMs: 100 }), 'still open');
  collector.close();
  assert.throws(() => collector.open(1, { deadlineMs: 100 }), 'opened before');
  assert.throws(() => collector.open(2, { deadlineMs: 100, voters: ['nobody'] }), 'not a voter');
  assert.throws(() => collect(['a', 'a']), 'unique');
});

test('the next round may be opened inside onRoundClosed', () => {
  const clock = new SimClock();
  const ends: string[] = [];
  const collector: VoteCollector<number> = new VoteCollector<number>({
    clock,
    voters: ['a'],
    onRoundClosed: (result) => {
      ends.push(`${result.round}:${result.end}`);
      if (result.round === 1) collector.open(2, { deadlineMs: 10 });
    },
  });
  collector.open(1, { deadlineMs: 10 });
  collector.offer('a', 1, 1);
  collector.offer('a', 2, 2);
  assert.equal(ends, ['1:complete', '2:complete']);
});

test('release frees the timer and gives no result', () => {
  const { clock, collector, results } = collect();
  collector.open(1, { deadlineMs: 100 });
  collector.release();
  assert.is(clock.pendingCount(), 0);
  assert.is(collector.offer('truth', 1, 1), 'late');
  assert.is(results.length, 0);
});

test('property: every order and duplication of votes counts the same votes, beyond 32 voters', () => {
  const voters = Array.from({ length: 40 }, (_, index) => `seat-${index}`);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 200 }), (order) => {
      const { collector, results } = collect(voters);
      collector.open(1, { deadlineMs: 100 });
      for (const index of order) collector.offer(voters[index]!, 1, index);
      collector.close();
      const expected = voters.map((_, index) => (order.includes(index) ? index : undefined));
      assert.equal(results[0]!.votes, expected);
      assert.is(results[0]!.votedCount + results[0]!.absentCount, 40);
    }),
    { numRuns: 60 },
  );
});
