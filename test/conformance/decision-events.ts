/** What every implementation of the decisions' event streams must do. */
import type { DecisionEvent, DecisionEventBody } from '../../contracts/messages/events.ts';
import { DecisionId, SeatId } from '../../contracts/messages/ids.ts';
import type {
  DecisionEventsPort,
  DecisionSubscriber,
} from '../../runtime/kernel/ports/decision/decision-events.ts';
import { assert, suite } from '../harness.ts';
import { withPort } from './fixture.ts';
import type { MakePort, PortFixture } from './fixture.ts';

/**
 * Fixture of decision events: keeps two decisions of four events each, followers of all may lag four
 * behind.
 */
export interface DecisionEventsFixture extends PortFixture<DecisionEventsPort> {
  readonly errors: unknown[];
}

const ONE = DecisionId.parse(`d${'1'.repeat(32)}`);
const TWO = DecisionId.parse(`d${'2'.repeat(32)}`);
const THREE = DecisionId.parse(`d${'3'.repeat(32)}`);
const restarted = (restarts: number): DecisionEventBody => ({
  type: 'seat-restarted',
  seat: SeatId.parse('guardian'),
  restarts,
});

function probe(
  onEvent?: (event: DecisionEvent) => void | Promise<void>,
): DecisionSubscriber & { seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    onEvent: (event) => {
      seen.push(`${event.decisionId[1]}:${event.sequence}`);
      return onEvent?.(event);
    },
    onGap: (resumeAfter) => void seen.push(`gap ${resumeAfter}`),
    onEnd: () => void seen.push('end'),
  };
}

/** Declares the suite for one implementation. */
export function decisionEventsConformance(
  name: string,
  makePort: MakePort<DecisionEventsPort, DecisionEventsFixture>,
): void {
  const test = suite(`decision-events conformance: ${name}`, { limitMs: 20_000 });
  const check = (
    title: string,
    body: (events: DecisionEventsPort, fixture: DecisionEventsFixture) => Promise<void>,
  ): void => test(title, () => withPort(makePort, body));

  check('events are stamped with decision, number and time, and kept in order', async (events) => {
    const first = events.publish(ONE, restarted(1));
    const other = events.publish(TWO, restarted(1));
    const second = events.publish(ONE, restarted(2));
    assert.equal([first.sequence, other.sequence, second.sequence], [1, 1, 2]);
    assert.is(first.decisionId, ONE);
    assert.ok(first.atWallMs > 1_600_000_000_000);
    assert.is(first.type === 'seat-restarted' && first.restarts, 1);
    assert.equal(events.history(ONE), [first, second]);
    assert.equal(events.history(THREE), []);
  });

  check(
    'a subscriber gets what it missed, then live events, never inside publish',
    async (events, { pass }) => {
      const late = probe();
      const early = probe();
      events.subscribe(ONE, 0, early);
      events.publish(ONE, restarted(1));
      events.publish(ONE, restarted(2));
      assert.equal(early.seen, []);
      events.subscribe(ONE, 1, late);
      await pass(1);
      events.publish(ONE, restarted(3));
      events.publish(TWO, restarted(1));
      await pass(1);
      assert.equal(early.seen, ['1:1', '1:2', '1:3']);
      assert.equal(late.seen, ['1:2', '1:3']);
    },
  );

  check('events beyond the history give a gap, then what is held', async (events, { pass }) => {
    for (let n = 1; n <= 6; n++) events.publish(ONE, restarted(n));
    const subscriber = probe();
    events.subscribe(ONE, 0, subscriber);
    await pass(1);
    assert.equal(subscriber.seen, ['gap 2', '1:3', '1:4', '1:5', '1:6']);
    assert.equal(
      events.history(ONE).map((event) => event.sequence),
      [3, 4, 5, 6],
    );
  });

  check('a slow subscriber gets a gap and holds up nobody', async (events, { pass }) => {
    let ready = (): void => undefined;
    const slow = probe(() => new Promise<void>((done) => (ready = done)));
    const fast = probe();
    events.subscribe(ONE, 0, slow);
    events.subscribe(ONE, 0, fast);
    for (let n = 1; n <= 7; n++) {
      events.publish(ONE, restarted(n));
      await pass(1);
    }
    assert.equal(fast.seen, ['1:1', '1:2', '1:3', '1:4', '1:5', '1:6', '1:7']);
    assert.equal(slow.seen, ['1:1']);
    ready();
    await pass(1);
    assert.is(slow.seen[1], 'gap 7');
  });

  check(
    'the decision that published least lately is forgotten; its followers are told',
    async (events, { pass }) => {
      const follower = probe();
      events.publish(ONE, restarted(1));
      events.publish(TWO, restarted(1));
      events.publish(ONE, restarted(2));
      events.subscribe(TWO, 0, follower);
      await pass(1);
      events.publish(THREE, restarted(1));
      await pass(1);
      assert.equal(follower.seen, ['2:1', 'end']);
      assert.equal(events.history(TWO), []);
      assert.is(events.history(ONE).length, 2);
    },
  );

  check(
    'followers of all get every decision from now on, in order; a slow one learns how many it lost',
    async (events, { pass }) => {
      events.publish(ONE, restarted(1));
      let ready = (): void => undefined;
      const slow = probe(() => new Promise<void>((done) => (ready = done)));
      const all = probe();
      const stop = events.subscribeAll(all);
      events.subscribeAll(slow);
      events.publish(ONE, restarted(2));
      events.publish(TWO, restarted(1));
      await pass(1);
      assert.equal(all.seen, ['1:2', '2:1']);
      for (let n = 0; n < 5; n++) {
        events.publish(TWO, restarted(n));
        await pass(1);
      }
      stop();
      ready();
      await pass(1);
      assert.equal(slow.seen, ['1:2', 'gap 6']);
      events.publish(TWO, restarted(9));
      await pass(1);
      assert.is(all.seen.length, 7);
    },
  );

  check('unsubscribing is final and idempotent', async (events, { pass }) => {
    const subscriber = probe();
    const stop = events.subscribe(ONE, 0, subscriber);
    events.publish(ONE, restarted(1));
    stop();
    stop();
    await pass(1);
    assert.equal(subscriber.seen, []);
  });

  check(
    'a subscriber that throws is dropped and reported; publishing does not notice',
    async (events, { pass, errors }) => {
      const sound = probe();
      events.subscribe(
        ONE,
        0,
        probe(() => {
          throw new Error('viewer');
        }),
      );
      events.subscribe(ONE, 0, sound);
      events.publish(ONE, restarted(1));
      await pass(1);
      events.publish(ONE, restarted(2));
      await pass(1);
      assert.equal(sound.seen, ['1:1', '1:2']);
      assert.equal(
        errors.map((error) => (error as Error).message),
        ['viewer'],
      );
    },
  );
}
