import type { DecisionEvent } from '../../contracts/messages/events.ts';
import { LiveMessage } from '../../contracts/messages/door/live.ts';
import {
  ballotEvents,
  openingEvents,
  scriptedId,
  scriptedVerdict,
} from '../../test/doors/scripted-council.ts';
import { assert, suite } from '../../test/harness.ts';
import { Feed } from './feed.ts';
import type { FeedFrame } from './feed.ts';
import { DecisionPicture, TenantPicture } from './pictures.ts';

const test = suite('live-feed');
const id = scriptedId(1);
const LIMITS = { heldMaxCount: 10, heldMaxBytes: 10_000_000 };
const bodies = [
  ...openingEvents(),
  ...ballotEvents(id, 1),
  ...ballotEvents(id, 2),
  ...ballotEvents(id, 3),
  { type: 'final', verdict: scriptedVerdict(id) } as const,
];
const events = bodies.map(
  (body, at) => ({ ...body, decisionId: id, sequence: at + 1, atWallMs: 0 }) as DecisionEvent,
);
const read = <T extends LiveMessage['type']>(
  frame: FeedFrame,
  type: T,
): Extract<LiveMessage, { type: T }> => {
  const message = LiveMessage.parse(JSON.parse(frame.bytes.toString()));
  assert.is(message.type, type);
  return message as Extract<LiveMessage, { type: T }>;
};
const decisionFeed = (): Feed =>
  new Feed('f-1', { decisionId: id, limits: LIMITS, picture: new DecisionPicture() });

test('readers at one place get the same bytes, and each event is numbered', () => {
  const feed = decisionFeed();
  for (const event of events.slice(0, 5)) feed.push(event, event.sequence);
  assert.is(feed.frameAfter(2), feed.frameAfter(2));
  const { from, to, events: sent } = read(feed.frameAfter(2), 'events');
  assert.equal([from, to, sent], [3, 5, events.slice(2, 5)]);
  feed.push(events[5]!, 6);
  assert.is(read(feed.frameAfter(2), 'events').to, 6);
});

test('what is no longer held is known as such; an old event is not taken twice', () => {
  const feed = decisionFeed();
  for (const event of events) feed.push(event, event.sequence);
  feed.push(events[3]!, 4);
  assert.is(feed.head, 11);
  assert.equal(
    [feed.holdsAfter(0), feed.holdsAfter(1), feed.holdsAfter(11), feed.holdsAfter(12)],
    [false, true, true, false],
  );
});

test('bytes bound what is held, and a jump forgets it', () => {
  const feed = new Feed('f', {
    decisionId: id,
    limits: { heldMaxCount: 10, heldMaxBytes: 1 },
    picture: new DecisionPicture(),
  });
  feed.push(events[0]!, 1);
  feed.push(events[1]!, 2);
  assert.equal([feed.holdsAfter(0), feed.holdsAfter(1)], [false, true]);
  feed.push(events[5]!, 6);
  assert.equal([feed.holdsAfter(2), feed.holdsAfter(5)], [false, true]);
});

test('a snapshot holds what still matters, in order', () => {
  const feed = decisionFeed();
  for (const event of events) feed.push(event, event.sequence);
  const snapshot = read(feed.snapshot(), 'snapshot');
  assert.is(snapshot.sequence, 11);
  assert.equal(
    snapshot.events.map(({ sequence, type }) => `${sequence} ${type}`),
    [
      '1 opened',
      '2 step',
      '3 step',
      '4 round-opened',
      '5 ballot',
      '7 ballot',
      '9 ballot',
      '10 tally',
      '11 final',
    ],
  );
});

test('a tenant is shown by its newest decisions, from index and events together', () => {
  const picture = new TenantPicture(2);
  const feed = new Feed('t', { decisionId: null, limits: LIMITS, picture });
  const summary = {
    openedAt: '',
    outcome: null,
    heldReason: null,
    decidedBy: null,
    risk: null,
    valueBp: null,
    resolved: false,
  };
  picture.seed([
    { ...summary, decisionId: scriptedId(3), type: 'loan' },
    { ...summary, decisionId: scriptedId(2), type: 'chat' },
  ]);
  for (const event of events) feed.push(event);
  const { decisions, events: none } = read(feed.snapshot(), 'snapshot');
  assert.equal(none, []);
  assert.equal(
    decisions.map((one) => [one.decisionId, one.decisionType, one.outcome, one.ballotCount, one.sequence]),
    [
      [scriptedId(3), 'loan', null, 0, 0],
      [id, 'loan', 'approved', 3, 11],
    ],
  );
});
