import { assert, suite } from '../../test/harness.ts';
import { applySessionEvent, migrateSessionEvent, NEW_SESSION } from './session-state.ts';
import type { SessionEvent } from './session-state.ts';

const test = suite('session state', { limitMs: 10_000 });

for (const [heldReason, end] of [
  [null, { rounds: 2 }],
  ['deadline', { rounds: 2, heldFor: 'deadline' }],
] as const) {
  test(`a conclusion of version 1 (${heldReason ?? 'decided'}) is read as one of version 2`, () => {
    const payload = { type: 'concluded', result: { rounds: 2, heldReason, ballots: [], tally: null } };
    const event = migrateSessionEvent({ type: 'concluded', payload }) as SessionEvent;
    assert.equal(applySessionEvent(NEW_SESSION, event).end, end);
  });
}

test('other events of version 1 are as they were', () => {
  const payload = { type: 'session-began', sessionDigest: 'sha256:00' };
  assert.is(migrateSessionEvent({ type: 'session-began', payload }), payload);
});
