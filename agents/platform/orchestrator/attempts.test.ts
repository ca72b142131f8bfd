import fc from 'fast-check';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { fingerprintDistance, fingerprintOf } from '../../../runtime/kernel/decision-index/fingerprint.ts';
import { assert, suite } from '../../../test/harness.ts';
import { requestOf } from '../../../test/orchestrator/fixture.ts';
import { AttemptMemory } from './attempts.ts';

const test = suite('orchestrator: attempts');
const limits = { windowMs: 1_000, nearBitCount: 4, rememberedMaxCount: 100 };
const id = (number: number): DecisionId => `d${number.toString(16).padStart(32, '0')}` as DecisionId;
const long =
  'Please explain how the committee decided on the grant application last week, which criteria it used, ' +
  'and whom I can ask about the documents that were missing from the file.';
const print = (text: string, fields: object = {}) => fingerprintOf(requestOf({ text, ...fields }));

test('case, spacing, punctuation and invisible characters do not make another input', () => {
  const disguised = long
    .toUpperCase()
    .replaceAll(' ', '  ')
    .replaceAll(',', '\u200b !')
    .replaceAll('e', 'e\u00ad');
  assert.is(print(disguised), print(long));
});

test('a small change is near, another text is far, other context is another input', () => {
  assert.ok(fingerprintDistance(print(long), print(long.replace('last week', 'this week'))) <= 4);
  assert.ok(fingerprintDistance(print(long), print('What is the weather in Lisbon in early spring?')) > 10);
  assert.is.not(print('loan', { context: { amount: 1 } }), print('loan', { context: { amount: 2 } }));
  assert.is(print('x', { context: { a: 1, b: 2 } }), print('x', { context: { b: 2, a: 1 } }));
});

test('the distance counts differing bits', () => {
  const hex = fc.stringMatching(/^[0-9a-f]{16}$/);
  fc.assert(
    fc.property(hex, hex, (left, right) => {
      const bits = (BigInt(`0x${left}`) ^ BigInt(`0x${right}`)).toString(2).replaceAll('0', '').length;
      assert.is(fingerprintDistance(left, right), bits);
    }),
  );
});

test('repeats are counted inside the window and the tenant', () => {
  const memory = new AttemptMemory(limits);
  memory.remember({ tenant: 'a', decisionId: id(1), fingerprint: print(long), atMs: 0 });
  memory.remember({ tenant: 'a', decisionId: id(2), fingerprint: print(`${long} Thanks.`), atMs: 10 });
  memory.remember({ tenant: 'b', decisionId: id(3), fingerprint: print(long), atMs: 20 });
  memory.settle(id(2), 'held');
  assert.equal(memory.earlier('a', print(long), { nowMs: 1_000 }), {
    count: 2,
    unapprovedCount: 1,
    latest: id(2),
  });
  assert.equal(memory.earlier('a', print(long), { nowMs: 1_001 }), {
    count: 1,
    unapprovedCount: 1,
    latest: id(2),
  });
  assert.equal(memory.earlier('c', print(long), { nowMs: 20 }), {
    count: 0,
    unapprovedCount: 0,
    latest: null,
  });
});

test('an approval is counted and does not count against the caller', () => {
  const memory = new AttemptMemory(limits);
  memory.remember({ tenant: 'a', decisionId: id(1), fingerprint: print(long), atMs: 0 });
  memory.settle(id(1), 'approved');
  assert.equal(memory.earlier('a', print(long), { nowMs: 1 }), {
    count: 1,
    unapprovedCount: 0,
    latest: id(1),
  });
});

test('what is near is found exactly: same answer as looking at every attempt', () => {
  const nibble = fc.constantFrom('0', '1', '8', 'f');
  const hex = fc.array(nibble, { minLength: 16, maxLength: 16 }).map((digits) => digits.join(''));
  fc.assert(
    fc.property(
      fc.array(hex, { maxLength: 40 }),
      hex,
      fc.integer({ min: 0, max: 7 }),
      (known, asked, nearBitCount) => {
        const memory = new AttemptMemory({ ...limits, nearBitCount });
        known.forEach((fingerprint, at) =>
          memory.remember({ tenant: 'a', decisionId: id(at), fingerprint, atMs: 0 }),
        );
        const expected = known.filter(
          (fingerprint) => fingerprintDistance(fingerprint, asked) <= nearBitCount,
        ).length;
        assert.is(memory.earlier('a', asked, { nowMs: 0 }).count, expected);
      },
    ),
  );
});

test('the memory is bounded: the oldest go first, and are gone everywhere', () => {
  const memory = new AttemptMemory({ ...limits, rememberedMaxCount: 3 });
  for (let at = 0; at < 10; at += 1)
    memory.remember({ tenant: 'a', decisionId: id(at), fingerprint: print(long), atMs: at });
  assert.is(memory.size, 3);
  assert.is(memory.earlier('a', print(long), { nowMs: 10 }).count, 3);
  memory.remember({ tenant: 'a', decisionId: id(9), fingerprint: print(long), atMs: 11 });
  assert.is(memory.earlier('a', print(long), { nowMs: 10 }).count, 3, 'one decision counts once');
});

test('an attempt that the caller names counts once, and against the caller unless it was approved', () => {
  const memory = new AttemptMemory(limits);
  const named = (retryOf: DecisionId) => memory.earlier('a', print(long), { nowMs: 0, retryOf });
  assert.equal(named(id(1)), { count: 1, unapprovedCount: 1, latest: id(1) });
  memory.remember({
    tenant: 'a',
    decisionId: id(1),
    fingerprint: print('Something else entirely.'),
    atMs: 0,
  });
  memory.settle(id(1), 'approved');
  assert.equal(named(id(1)), { count: 1, unapprovedCount: 0, latest: id(1) });
  memory.remember({ tenant: 'a', decisionId: id(2), fingerprint: print(long), atMs: 0 });
  memory.settle(id(2), 'rejected');
  assert.equal(named(id(2)), { count: 1, unapprovedCount: 1, latest: id(2) });
  memory.forget(id(2));
  assert.is(memory.earlier('a', print(long), { nowMs: 0 }).count, 0);
});
