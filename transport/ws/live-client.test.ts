import type { DecisionEvent } from '../../contracts/messages/events.ts';
import { LiveMessage } from '../../contracts/messages/door/live.ts';
import { scriptedId } from '../../test/doors/scripted-council.ts';
import { assert, suite } from '../../test/harness.ts';
import { Feed } from './feed.ts';
import { LiveClient } from './live-client.ts';
import type { LiveSocket } from './live-client.ts';
import { DecisionPicture } from './pictures.ts';

const test = suite('live-client');
const LIMITS = {
  windowBytes: 4_000,
  behindMaxCount: 20,
  frameMaxBytes: 100_000,
  frameMs: 50,
  stallMs: 1_000,
};

/** A socket whose client reads, and answers pings, when the test says so. */
class TestSocket implements LiveSocket {
  bufferedAmount = 0;
  readonly sent: LiveMessage[] = [];
  pingCount = 0;
  isTerminated = false;
  send(data: Buffer | string): void {
    this.sent.push(LiveMessage.parse(JSON.parse(data.toString())));
  }
  ping(): void {
    this.pingCount += 1;
  }
  close(): void {}
  terminate(): void {
    this.isTerminated = true;
  }
  types(): string[] {
    return this.sent.map((message) => message.type);
  }
}

function setUp(name = 'f'): {
  socket: TestSocket;
  client: LiveClient;
  feed: Feed;
  push(count: number): void;
  left(): number;
} {
  const socket = new TestSocket();
  const decisionId = scriptedId(1);
  const feed = new Feed(name, {
    decisionId,
    limits: { heldMaxCount: 100, heldMaxBytes: 1e6 },
    picture: new DecisionPicture(),
  });
  const client = new LiveClient(socket, LIMITS);
  let leftCount = 0;
  client.follow({ feed, leave: () => (leftCount += 1) }, { since: undefined, feed: undefined });
  const push = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const sequence = feed.head + 1;
      const event: DecisionEvent = {
        type: 'ballot-refused',
        seat: 'x',
        round: 1,
        reason: 'r'.repeat(100),
        decisionId,
        sequence,
        atWallMs: 0,
      };
      feed.push(event, sequence);
    }
  };
  return { socket, client, feed, push, left: () => leftCount };
}

test('a snapshot comes first, then events, at most one frame in a frame time', () => {
  const { socket, client, push } = setUp();
  push(2);
  assert.is(client.pump(0), false);
  push(1);
  assert.is(client.pump(10), true, 'more is due later');
  push(1);
  assert.is(client.pump(50), false);
  assert.equal(socket.types(), ['snapshot', 'events']);
  assert.equal((socket.sent[1] as { from: number; to: number }).to, 4);
});

test('a client that reads nothing gets no more than its window, then one snapshot', () => {
  const { socket, client, push, feed } = setUp();
  for (let at = 0; at < 100; at += 1) {
    push(2);
    client.pump(at * 50);
  }
  const bytes = JSON.stringify(socket.sent).length;
  assert.ok(bytes < 2 * LIMITS.windowBytes, `${bytes} bytes are under way`);
  assert.is(socket.pingCount, 1, 'one question is open');
  client.onPong(6_000);
  client.onPong(6_000);
  const before = socket.sent.length;
  client.pump(6_001);
  const last = socket.sent.at(-1)!;
  assert.equal(
    [socket.sent.length, last.type, (last as { sequence: number }).sequence],
    [before + 1, 'snapshot', feed.head],
  );
});

test('a full socket buffer stops frames as well', () => {
  const { socket, client, push } = setUp();
  socket.bufferedAmount = LIMITS.windowBytes;
  push(1);
  assert.is(client.pump(0), false);
  assert.equal(socket.sent, []);
});

test('who comes back with a sequence that is held gets what is missing, and no snapshot', () => {
  const { client, push, feed, socket } = setUp();
  push(8);
  client.unfollow('f');
  client.follow({ feed, leave: () => undefined }, { since: 5, feed: 'f' });
  client.pump(0);
  assert.equal(socket.types(), ['resumed', 'events']);
  assert.equal((socket.sent[1] as { from: number }).from, 6);
});

test('a sequence of another feed, or one never reached, gives a snapshot', () => {
  for (const resume of [
    { since: 5, feed: 'other' },
    { since: 50, feed: 'f' },
  ]) {
    const { client, push, feed, socket } = setUp();
    push(8);
    client.follow({ feed, leave: () => undefined }, resume);
    client.pump(0);
    assert.equal(socket.types(), ['snapshot']);
  }
});

test('feeds take turns', () => {
  const { client, push, socket } = setUp('a');
  const other = setUp('b');
  client.follow({ feed: other.feed, leave: () => undefined }, { since: undefined, feed: undefined });
  for (let at = 0; at < 4; at += 1) {
    push(1);
    other.push(1);
    client.pump(at * 50);
  }
  assert.equal(
    socket.sent.map((message) => (message as { feed: string }).feed),
    ['a', 'b', 'a', 'b'],
  );
});

test('the end is told after the last event, and the feed is left', () => {
  const { client, push, feed, socket, left } = setUp();
  push(1);
  feed.end();
  client.pump(0);
  assert.equal(socket.types(), ['snapshot', 'end']);
  assert.equal([client.subscriptionCount, left()], [0, 1]);
});

test('a client that answers no ping is cut off', () => {
  const { client, socket } = setUp();
  client.beat(0);
  client.beat(999);
  assert.is(socket.isTerminated, false);
  client.beat(1_000);
  assert.is(socket.isTerminated, true);
});
