import fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { beatSent, beatStored, holdMs, refusedAndFound, UNBORN } from './own-lease.ts';
import type { OwnLease } from './own-lease.ts';

const test = suite('own lease');
const HOLD = holdMs(2_000);

function held(): OwnLease {
  return beatStored(beatSent(UNBORN, 1_000), { beat: 1, revision: 7 }, HOLD);
}

test('it counts from before the renewal was sent, less a tenth', () => {
  const lease = held();
  assert.is(lease.phase, 'standing');
  assert.is(lease.revision, 7);
  assert.is(lease.heldUntilMs, 1_000 + 1_800);
});

test('a renewal whose answer was lost is adopted with its own time', () => {
  const twice = beatSent(beatSent(held(), 1_500), 2_000);
  const adopted = refusedAndFound(twice, { revision: 9, beat: 2, isGone: false }, HOLD);
  assert.is(adopted.revision, 9);
  assert.is(adopted.heldUntilMs, 1_500 + 1_800);
  assert.is(adopted.phase, 'standing');
  // The renewal sent after it may still be on its way.
  assert.equal(adopted.open, [{ beat: 3, atMs: 2_000 }]);
});

test('the end that another wrote is for good, and so is a key that was removed', () => {
  const lost = refusedAndFound(beatSent(held(), 1_500), { revision: 9, beat: 1, isGone: true }, HOLD);
  assert.is(lost.phase, 'lost');
  assert.is(lost.heldUntilMs, -Infinity);
  assert.is(beatStored(lost, { beat: 2, revision: 10 }, HOLD), lost);
  assert.is(refusedAndFound(lost, { revision: 11, beat: 2, isGone: false }, HOLD), lost);
  assert.is(refusedAndFound(beatSent(held(), 1_500), undefined, HOLD).phase, 'lost');
  assert.is(refusedAndFound(beatSent(UNBORN, 1_500), undefined, HOLD).phase, 'joining');
});

test('a stale read changes nothing; a renewal that was never sent from here ends it', () => {
  const lease = beatSent(held(), 1_500);
  assert.is(refusedAndFound(lease, { revision: 7, beat: 1, isGone: false }, HOLD), lease);
  assert.is(refusedAndFound(lease, { revision: 9, beat: 5, isGone: false }, HOLD).phase, 'lost');
});

test('a renewal forgotten for want of answers is adopted without more time', () => {
  let lease = held();
  for (let n = 0; n < 40; n++) lease = beatSent(lease, 1_500 + n);
  assert.is(lease.open.length, 32);
  const adopted = refusedAndFound(lease, { revision: 9, beat: 2, isGone: false }, HOLD);
  assert.is(adopted.revision, 9);
  assert.is(adopted.heldUntilMs, lease.heldUntilMs);
});

test('answers in any order never give more time than the newest renewal that was stored', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 30 }), (answers) => {
      let lease = UNBORN;
      let revision = 0;
      let storedAtMs = -Infinity;
      for (const [at, answer] of answers.entries()) {
        lease = beatSent(lease, at * 500);
        const waiting = lease.open[Math.min(answer, lease.open.length - 1)]!;
        revision += 1;
        storedAtMs = Math.max(storedAtMs, waiting.atMs);
        lease = beatStored(lease, { beat: waiting.beat, revision }, HOLD);
        assert.ok(lease.heldUntilMs <= storedAtMs + HOLD);
        assert.is(lease.revision, revision);
      }
    }),
  );
});
