import fc from 'fast-check';
import { assert, suite } from '../../test/harness.ts';
import { Inbox, OnceFold } from './inbox.ts';
import type { OnceEvent } from './inbox.ts';

const test = suite('inbox');
const sum = (state: number, change: number): number => state + change;

test('an id is recorded once', () => {
  const inbox = new Inbox();
  assert.ok(inbox.record('m1'));
  assert.not(inbox.record('m1'));
  assert.ok(inbox.has('m1'));
  assert.not(inbox.has('m2'));
});

test('memory is bounded: the oldest id is forgotten first', () => {
  const inbox = new Inbox({ capacity: 2 });
  for (const id of ['a', 'b', 'c']) inbox.record(id);
  assert.is(inbox.size, 2);
  assert.equal(inbox.toState(), ['b', 'c']);
  assert.ok(inbox.record('a'));
});

test('a duplicate does not refresh its place', () => {
  const inbox = new Inbox({ capacity: 2 });
  for (const id of ['a', 'b', 'a', 'c']) inbox.record(id);
  assert.equal(inbox.toState(), ['b', 'c']);
});

test('survives as JSON and keeps the newest ids when restored with less room', () => {
  const inbox = new Inbox();
  for (const id of ['a', 'b', 'c']) inbox.record(id);
  const state = JSON.parse(JSON.stringify(inbox.toState())) as string[];
  assert.equal(new Inbox({ state, capacity: 2 }).toState(), ['b', 'c']);
});

test('an empty id and no room are programmer’s errors', () => {
  assert.throws(() => new Inbox().record(''), 'empty');
  assert.throws(() => new Inbox({ capacity: 0 }), 'capacity');
});

test('a change that throws leaves neither id nor half of the message', () => {
  const fold = new OnceFold<number, number>({ handled: [], state: 1 }, (state, change) => {
    if (change < 0) throw new Error('negative');
    return state + change;
  });
  assert.throws(() => fold.apply({ messageId: 'm', changes: [5, -1] }), 'negative');
  assert.is(fold.state, 1);
  assert.not(fold.isDuplicate('m'));
});

test('property: snapshot anywhere, replay with redelivery: the same state as once each', () => {
  const event = fc.record({
    messageId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    changes: fc.array(fc.integer()),
  });
  fc.assert(
    fc.property(fc.array(event), fc.nat(), (events: OnceEvent<number>[], cut) => {
      const live = new OnceFold<number, number>({ handled: [], state: 0 }, sum);
      let snapshot = live.toState();
      const at = events.length === 0 ? 0 : cut % events.length;
      events.forEach((each, index) => {
        live.apply(each);
        if (index === at) snapshot = JSON.parse(JSON.stringify(live.toState())) as typeof snapshot;
      });
      const replayed = new OnceFold<number, number>(snapshot, sum);
      for (const each of events) replayed.apply(each);
      const first = new Map(events.toReversed().map((each) => [each.messageId, each.changes]));
      assert.is(replayed.state, live.state);
      assert.is(live.state, [...first.values()].flat().reduce(sum, 0));
    }),
  );
});
