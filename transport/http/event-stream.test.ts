import { assert, suite } from '../../test/harness.ts';
import { createEventStream } from './event-stream.ts';
import type { EventStream, StreamLimits } from './event-stream.ts';

const test = suite('event-stream');
const limits: StreamLimits = {
  maxQueuedEvents: 3,
  maxQueuedLength: 10_000,
  heartbeatMs: 60_000,
  stallMs: 60_000,
};

/** A socket that takes nothing more once `isFull`, until `drain`. */
class SlowSink {
  written: string[] = [];
  isFull = false;
  ended = false;
  readonly listeners = new Map<string, () => void>();
  writeHead(): void {}
  write(chunk: string): boolean {
    this.written.push(chunk);
    return !this.isFull;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.listeners.get('close')?.();
  }
  on(event: string, listener: () => void): void {
    this.listeners.set(event, listener);
  }
  drain(): void {
    this.isFull = false;
    this.listeners.get('drain')!();
  }
}

function open(): { sink: SlowSink; stream: EventStream; closed: () => number } {
  const sink = new SlowSink();
  let closeCount = 0;
  const stream = createEventStream(sink, { limits, headers: {}, onClose: () => (closeCount += 1) });
  return { sink, stream, closed: () => closeCount };
}

const send = (stream: EventStream, sequence: number): void =>
  stream.send({ name: 'ballot', id: String(sequence), sequence, data: { sequence } });

test('an event has name, id and data on one line', () => {
  const { sink, stream } = open();
  stream.send({ name: 'final', id: '7', data: { text: 'a\nb' } });
  assert.is(sink.written.at(-1), 'event: final\nid: 7\ndata: {"text":"a\\nb"}\n\n');
});

test('what a full socket does not take waits, in order', () => {
  const { sink, stream } = open();
  sink.isFull = true;
  for (const sequence of [1, 2, 3]) send(stream, sequence);
  assert.not.ok(sink.written.join('').includes('id: 3'), 'a full socket is left alone');
  sink.drain();
  const text = sink.written.join('');
  assert.equal(
    [...text.matchAll(/id: (\d+)/g)].map(([, id]) => id),
    ['1', '2', '3'],
  );
  assert.not.ok(text.includes('event: gap'));
});

test('past the bound the queue is dropped, the client is told gap, and later events follow', () => {
  const { sink, stream } = open();
  stream.open();
  sink.isFull = true;
  for (let sequence = 1; sequence <= 20; sequence += 1) send(stream, sequence);
  assert.ok(sink.written.length <= 3, 'nothing is written to a full socket');
  sink.drain();
  const text = sink.written.join('');
  assert.match(text, /event: gap\ndata: \{"droppedCount":19,"resumeAfter":20\}/);
  send(stream, 21);
  assert.match(sink.written.at(-1)!, /id: 21/);
});

test('a gap from the publisher has no id, so the client resumes from what it really got', () => {
  const { sink, stream } = open();
  send(stream, 4);
  stream.gap(9, 5);
  assert.is(sink.written.at(-1), 'event: gap\ndata: {"droppedCount":5,"resumeAfter":9}\n\n');
});

test('end waits for the queue; close runs once; later calls do nothing', () => {
  const { sink, stream, closed } = open();
  stream.open();
  sink.isFull = true;
  send(stream, 1);
  send(stream, 2);
  stream.end();
  assert.is(sink.ended, false);
  sink.drain();
  assert.is(sink.ended, true);
  assert.match(sink.written.at(-1)!, /id: 2/);
  const count = sink.written.length;
  send(stream, 3);
  stream.gap(3, 1);
  stream.end();
  sink.destroy();
  assert.is(sink.written.length, count);
  assert.is(closed(), 1);
});

test('a stream that fails drops what waits and says why, once the socket takes it', () => {
  for (const isEnding of [false, true]) {
    const { sink, stream, closed } = open();
    stream.open();
    sink.isFull = true;
    for (let sequence = 1; sequence <= 20; sequence += 1) send(stream, sequence);
    if (isEnding) stream.end();
    const count = sink.written.length;
    stream.fail({ error: { code: 'unauthenticated' } });
    send(stream, 21);
    assert.equal([sink.written.length, sink.ended, closed()], [count, false, 0]);
    sink.drain();
    assert.equal(sink.written.slice(count), ['event: error\ndata: {"error":{"code":"unauthenticated"}}\n\n']);
    assert.equal([sink.ended, closed()], [true, 1]);
  }
});

test('a stream that fails before its first event answers with the error as its only one', () => {
  const { sink, stream, closed } = open();
  stream.fail({ error: { code: 'unauthenticated' } });
  stream.open();
  assert.match(sink.written.join(''), /^retry: 1000\n\nevent: error\n/);
  assert.equal([sink.ended, closed()], [true, 1]);
});
