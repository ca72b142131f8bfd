import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { SequencedStream } from './sequenced-stream.ts';
import type { SequencedStreamOptions } from './sequenced-stream.ts';
import { SimClock } from './sim/sim-clock.ts';

const test = suite('sequenced stream');

type Numbered = { readonly sequence: number; readonly text: string };

function stream(options: Partial<SequencedStreamOptions<Numbered, string>> = {}) {
  const clock = new SimClock();
  const events = new SequencedStream<Numbered, string>({ clock, ...options });
  return { clock, events, publish: (text: string) => events.publish((sequence) => ({ sequence, text })) };
}

function probe(onEvent?: (event: Numbered) => void | Promise<void>) {
  const seen: string[] = [];
  return {
    seen,
    onEvent: (event: Numbered) => {
      seen.push(`${event.sequence}${event.text}`);
      return onEvent?.(event);
    },
    onGap: (resumeAfter: number) => void seen.push(`gap ${resumeAfter}`),
    onEnd: () => void seen.push('end'),
  };
}

test('numbers events from 1 and delivers held ones, then live ones, then the end', async () => {
  const { events, publish } = stream();
  assert.is(publish('a').sequence, 1);
  const subscriber = probe();
  events.subscribe(0, subscriber);
  publish('b');
  assert.equal(subscriber.seen, [], 'nothing is delivered inside publish');
  await settle();
  publish('c');
  events.end();
  events.end();
  await settle();
  assert.equal(subscriber.seen, ['1a', '2b', '3c', 'end']);
  assert.is(events.subscriberCount, 0);
  assert.throws(() => publish('d'), 'ended');
});

test('resumes after a sequence, and a subscriber of an ended stream gets the rest and the end', async () => {
  const { events, publish } = stream();
  for (const text of 'abcd') publish(text);
  events.end();
  const subscriber = probe();
  events.subscribe(2, subscriber);
  await settle();
  assert.equal(subscriber.seen, ['3c', '4d', 'end']);
});

test('history is bounded; resuming before it gives a gap, then what is held', async () => {
  const { events, publish } = stream({ historyLimit: 3 });
  for (const text of 'abcde') publish(text);
  assert.equal(
    events.history().map((event) => event.sequence),
    [3, 4, 5],
  );
  assert.equal(
    events.history(4).map((event) => event.sequence),
    [5],
  );
  const subscriber = probe();
  events.subscribe(1, subscriber);
  await settle();
  assert.equal(subscriber.seen, ['gap 2', '3c', '4d', '5e']);
});

test('a sequence that this stream never reached gives a gap and everything', async () => {
  const { events, publish } = stream();
  publish('a');
  const subscriber = probe();
  events.subscribe(50, subscriber);
  await settle();
  assert.equal(subscriber.seen, ['gap 0', '1a']);
});

test('a slow subscriber gets a gap; publisher and other subscribers do not notice', async () => {
  const { events, publish } = stream({ historyLimit: 100, lagLimit: 3 });
  let ready = (): void => undefined;
  const slow = probe(() => new Promise<void>((done) => (ready = done)));
  const fast = probe();
  events.subscribe(0, slow);
  events.subscribe(0, fast);
  for (const text of 'abcdef') {
    publish(text);
    await settle();
  }
  assert.equal(slow.seen, ['1a']);
  assert.equal(fast.seen, ['1a', '2b', '3c', '4d', '5e', '6f']);
  ready();
  await settle();
  assert.equal(slow.seen, ['1a', 'gap 6']);
  publish('g');
  await settle();
  assert.equal(slow.seen, ['1a', 'gap 6', '7g']);
});

test('a busy subscriber inside its limit loses nothing and keeps the order', async () => {
  const { events, publish } = stream({ lagLimit: 10 });
  const waiting: (() => void)[] = [];
  const slow = probe(() => new Promise<void>((done) => waiting.push(done)));
  events.subscribe(0, slow);
  for (const text of 'abc') publish(text);
  events.end();
  await settle();
  for (let n = 0; n < 3; n++) {
    assert.is(waiting.length, n + 1, 'one event at a time');
    waiting[n]!();
    await settle();
  }
  assert.equal(slow.seen, ['1a', '2b', '3c', 'end']);
});

test('catching up on more than the lag limit is not slowness', async () => {
  const { clock, events, publish } = stream({ historyLimit: 1_000, lagLimit: 5 });
  for (let n = 0; n < 500; n++) publish('x');
  const subscriber = probe();
  events.subscribe(0, subscriber);
  await advance(clock, 1);
  assert.is(subscriber.seen.length, 500);
  assert.is(subscriber.seen[499], '500x');
});

test('a long delivery lets timers and sockets run in between', async () => {
  const { clock, events, publish } = stream({ historyLimit: 1_000 });
  for (let n = 0; n < 200; n++) publish('x');
  const subscriber = probe();
  events.subscribe(0, subscriber);
  await settle();
  assert.is(subscriber.seen.length, 64);
  await advance(clock, 0);
  assert.is(subscriber.seen.length, 200);
});

test('a subscriber that throws or rejects is dropped and reported', async () => {
  const errors: unknown[] = [];
  const { events, publish } = stream({ onSubscriberError: (error) => errors.push((error as Error).message) });
  events.subscribe(
    0,
    probe(() => {
      throw new Error('thrown');
    }),
  );
  events.subscribe(
    0,
    probe(() => Promise.reject(new Error('rejected'))),
  );
  const sound = probe();
  events.subscribe(0, sound);
  publish('a');
  publish('b');
  await settle();
  assert.equal(errors, ['thrown', 'rejected']);
  assert.equal(sound.seen, ['1a', '2b']);
  assert.is(events.subscriberCount, 1);
});

test('after unsubscribe nothing is called, even while a delivery waits', async () => {
  const { events, publish } = stream();
  const subscriber = probe();
  const unsubscribe = events.subscribe(0, subscriber);
  publish('a');
  unsubscribe();
  unsubscribe();
  await settle();
  assert.equal(subscriber.seen, []);
});

test('a subscriber may publish and unsubscribe while it is called', async () => {
  const { events, publish } = stream();
  const subscriber = probe((event) => {
    if (event.sequence === 1) publish('b');
    if (event.sequence === 2) unsubscribe();
  });
  const unsubscribe = events.subscribe(0, subscriber);
  publish('a');
  publish('c');
  await settle();
  assert.equal(subscriber.seen, ['1a', '2c']);
  assert.equal(
    events.history().map((event) => event.text),
    ['a', 'c', 'b'],
  );
});

test('the snapshot is the fold of all events, with the sequence to follow on from', () => {
  const { events, publish } = stream({
    historyLimit: 1,
    snapshot: { initial: '', fold: (state, event) => state + event.text },
  });
  for (const text of 'abc') publish(text);
  assert.equal(events.snapshot(), { sequence: 3, state: 'abc' });
});
