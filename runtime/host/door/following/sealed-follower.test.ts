import type { DecisionEvent } from '../../../../contracts/messages/events.ts';
import { assert, suite } from '../../../../test/harness.ts';
import type { DecisionSubscriber } from '../../../kernel/ports/decision/decision-events.ts';
import { sealedFollower } from './sealed-follower.ts';

const test = suite('sealed follower');

function recorder(): { seen: string[]; follower: DecisionSubscriber } {
  const seen: string[] = [];
  const follower: DecisionSubscriber = {
    onEvent: ({ type }) => void seen.push(type),
    onGap: () => void seen.push('gap'),
    onEnd: () => void seen.push('end'),
  };
  return { seen, follower };
}

const event = (type: DecisionEvent['type'], decisionId = 'd0'): DecisionEvent =>
  ({ type, decisionId }) as DecisionEvent;

test('ballots wait for the close of their round, and then come in order', () => {
  const { seen, follower } = recorder();
  const sealed = sealedFollower(follower, () => true);
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
  const sealed = sealedFollower(
    {
      ...recorder().follower,
      onEvent: ({ type }) => {
        seen.push(type);
        return new Promise<void>((resolve) => steps.push(resolve));
      },
    },
    () => true,
  );
  void sealed.onEvent(event('ballot'));
  const all = Promise.resolve(sealed.onEvent(event('round-closed')));
  assert.equal(seen, ['ballot']);
  steps.shift()!();
  await Promise.resolve().then(() => undefined);
  assert.equal(seen, ['ballot', 'round-closed']);
  steps.shift()!();
  await all;
});

test('nothing is withheld while nobody of the tenant votes, and no decision waits for another', () => {
  const { seen, follower } = recorder();
  let isSealed = false;
  const sealed = sealedFollower(follower, () => isSealed);
  void sealed.onEvent(event('ballot'));
  assert.equal(seen, ['ballot']);
  isSealed = true;
  void sealed.onEvent(event('ballot', 'd1'));
  isSealed = false;
  void sealed.onEvent(event('tally', 'd1'));
  assert.equal(seen, ['ballot'], 'a round that was sealed stays so until it is closed');
  void sealed.onEvent(event('ballot', 'd2'));
  assert.equal(seen, ['ballot', 'ballot']);
  void sealed.onEvent(event('final', 'd1'));
  assert.equal(seen, ['ballot', 'ballot', 'ballot', 'tally', 'final']);
});
