import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import { assert, suite } from '../../../test/harness.ts';
import type { EventFollower } from '../../../transport/door/backend.ts';
import { isVoter, sealedFollower } from './sealed-follower.ts';

const test = suite('sealed follower');

function recorder(): { seen: string[]; follower: EventFollower } {
  const seen: string[] = [];
  const follower: EventFollower = {
    onEvent: ({ type }) => void seen.push(type),
    onGap: () => void seen.push('gap'),
    onEnd: () => void seen.push('end'),
    onSnapshot: () => void seen.push('snapshot'),
  };
  return { seen, follower };
}

const event = (type: DecisionEvent['type']): DecisionEvent => ({ type }) as DecisionEvent;

test('ballots wait for the close of their round, and then come in order', () => {
  const { seen, follower } = recorder();
  const sealed = sealedFollower(follower);
  for (const type of ['opened', 'round-opened', 'ballot', 'tally', 'seat-absent'] as const)
    void sealed.onEvent(event(type));
  assert.equal(seen, ['opened', 'round-opened']);
  void sealed.onEvent(event('round-closed'));
  const first = ['opened', 'round-opened', 'ballot', 'tally', 'seat-absent', 'round-closed'];
  assert.equal(seen, first);
  void sealed.onEvent(event('advisory-ballot'));
  assert.equal(seen, first, 'round 2 is as sealed as round 1');
  void sealed.onEvent(event('final'));
  assert.equal(seen, [...first, 'advisory-ballot', 'final']);
});

test('a busy follower gets what was withheld one by one', async () => {
  const seen: string[] = [];
  const steps: (() => void)[] = [];
  const sealed = sealedFollower({
    ...recorder().follower,
    onEvent: ({ type }) => {
      seen.push(type);
      return new Promise<void>((resolve) => steps.push(resolve));
    },
  });
  void sealed.onEvent(event('ballot'));
  const all = Promise.resolve(sealed.onEvent(event('round-closed')));
  assert.equal(seen, ['ballot']);
  steps.shift()!();
  await Promise.resolve().then(() => undefined);
  assert.equal(seen, ['ballot', 'round-closed']);
  steps.shift()!();
  await all;
});

test('only callers who vote are sealed off', () => {
  assert.is(isVoter({ id: 'a', tenant: 't', scopes: ['decision:read'] }), false);
  assert.is(isVoter({ id: 'a', tenant: 't', scopes: ['decision:read', 'agent:serve'] }), true);
});
