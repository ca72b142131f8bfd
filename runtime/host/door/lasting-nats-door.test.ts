import { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import { SimClock } from '../../kernel/sim/sim-clock.ts';
import { SeededRandom } from '../../kernel/sim/seeded-random.ts';
import { microtasksDone } from '../../kernel/system-clock.ts';
import { LastingNatsDoor } from './lasting-nats-door.ts';
import type { OpenNatsDoor } from './lasting-nats-door.ts';

const test = suite('lasting nats door');

const away = (): WitanError => new WitanError('unavailable', 'nobody listens');

/** A door whose server the test switches on; `attempts` holds the time of each try. */
function scene({ until = Infinity }: { until?: number } = {}) {
  const clock = new SimClock();
  const attempts: number[] = [];
  const lines: string[] = [];
  const closed: number[] = [];
  const state = { isConnected: true };
  let failure = away();
  const door: OpenNatsDoor = {
    get isConnected() {
      return state.isConnected;
    },
    close: async (graceMs) => void closed.push(graceMs),
  };
  const opened = LastingNatsDoor.open({
    clock,
    random: new SeededRandom(1),
    backoff: { firstMs: 100, maxMs: 1_000, jitter: 0 },
    log: (level, message, { code = '' }) => lines.push(`${level} ${String(code)} ${message}`),
    open: async () => {
      attempts.push(clock.monotonicMs());
      if (clock.monotonicMs() < until) throw failure;
      return door;
    },
  });
  const advance = async (ms: number): Promise<void> => {
    const end = clock.monotonicMs() + ms;
    while ((clock.nextDueMs() ?? Infinity) <= end) {
      clock.advance(clock.nextDueMs()! - clock.monotonicMs());
      await microtasksDone();
    }
    clock.advance(end - clock.monotonicMs());
  };
  const fail = (error: WitanError): void => void (failure = error);
  return { opened, advance, attempts, lines, closed, state, clock, fail };
}

test('it tries again in growing steps, says each reason once, and opens', async () => {
  const { opened, advance, attempts, lines, fail, state } = scene({ until: 3_000 });
  const lasting = await opened;
  assert.equal(lasting.health(), {
    name: 'nats',
    ok: false,
    detail: 'not connected yet: unavailable: nobody listens',
  });
  await advance(1_000);
  assert.equal(attempts, [0, 100, 300, 700]);
  fail(new WitanError('unauthenticated', 'not you'));
  await advance(5_000);
  assert.equal(attempts, [0, 100, 300, 700, 1_500, 2_500, 3_500]);
  const waits = 'the door is not open: the node goes on without it and tries again';
  assert.equal(lines, [
    `warn unavailable ${waits}`,
    `warn unauthenticated ${waits}`,
    'info  the server is there; the door is open',
  ]);
  assert.equal(lasting.health(), { name: 'nats', ok: true, detail: 'connected' });
  state.isConnected = false;
  assert.is(lasting.health().ok, false);
});

test('what no waiting mends fails the start', async () => {
  const clock = new SimClock();
  let count = 0;
  for (const code of ['unauthenticated', 'config_invalid', 'not_supported'] as const) {
    const thrown = await LastingNatsDoor.open({
      clock,
      random: new SeededRandom(1),
      log: () => undefined,
      open: () => ((count += 1), Promise.reject(new WitanError(code, 'no'))),
    }).catch((error: unknown) => error);
    assert.is((thrown as WitanError).code, code);
  }
  assert.equal([count, clock.nextDueMs()], [3, undefined]);
});

test('a close ends the waiting, and a door that opens too late is closed', async () => {
  const waiting = scene();
  await (await waiting.opened).close(100);
  await waiting.advance(60_000);
  assert.equal([waiting.attempts.length, waiting.clock.nextDueMs()], [1, undefined]);

  const clock = new SimClock();
  const closed: number[] = [];
  let arrive: (door: OpenNatsDoor) => void = () => undefined;
  let count = 0;
  const lasting = await LastingNatsDoor.open({
    clock,
    random: new SeededRandom(1),
    log: () => undefined,
    open: () => ((count += 1) === 1 ? Promise.reject(away()) : new Promise((resolve) => (arrive = resolve))),
  });
  clock.advance(1_000);
  await microtasksDone();
  await lasting.close(100);
  arrive({ isConnected: true, close: async (graceMs) => void closed.push(graceMs) });
  await microtasksDone();
  assert.equal([count, closed, lasting.health().ok], [2, [0], false]);
});

test('an open door is closed with its grace, once', async () => {
  const { opened, closed } = scene({ until: 0 });
  const lasting = await opened;
  await lasting.close(70);
  await lasting.close(70);
  assert.equal(closed, [70]);
});
