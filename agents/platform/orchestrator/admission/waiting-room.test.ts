import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { loadSettings } from '../../../../config/loader.ts';
import type { SettingsInput } from '../../../../config/schema.ts';
import type { WitanError } from '../../../../contracts/errors.ts';
import { CreditSemaphore } from '../../../../runtime/kernel/credit-semaphore.ts';
import type { Credit } from '../../../../runtime/kernel/credit-semaphore.ts';
import type { ActorContext, ActorRef, TimerHandle } from '../../../../runtime/kernel/index.ts';
import { SimClock } from '../../../../runtime/kernel/sim/sim-clock.ts';
import { MetricRegister } from '../../../../runtime/telemetry/metric-register.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { decisionOf } from '../../../../test/orchestrator/fixture.ts';
import type { OrchestratorMessage, Submit, SubmitReply } from '../messages.ts';
import { WaitingRoom } from './waiting-room.ts';
import type { Arrival } from './waiting-room.ts';

const test = suite('waiting room');

/** A room whose turns are taken by hand; `room` answers under the key that was submitted. */
class Desk {
  readonly clock = new SimClock();
  readonly admission: CreditSemaphore;
  readonly telemetry = new MetricRegister();
  readonly room: WaitingRoom;
  /** Keys of what was let in, in order, with what time they had left. */
  readonly opened: { readonly key: string; readonly budgetMs: number; readonly credit: Credit }[] = [];
  readonly failed = new Map<string, WitanError>();
  /** Answers that came, by key: at most one each. */
  readonly answers = new Map<string, number>();
  failOpen: Error | undefined;
  readonly #inbox: OrchestratorMessage[] = [];

  constructor(credits: number, admission: SettingsInput['admission'] = {}) {
    this.admission = new CreditSemaphore({ clock: this.clock, credits });
    const timers = new Map<string, TimerHandle>();
    const self = { tell: (message: OrchestratorMessage) => void this.#inbox.push(message) };
    const ctx: Pick<ActorContext<OrchestratorMessage>, 'self' | 'setTimer' | 'cancelTimer'> = {
      self: self as unknown as ActorRef<OrchestratorMessage>,
      setTimer: (name, delayMs, message) => {
        const handle = this.clock.setTimer(delayMs, () => self.tell(message));
        timers.set(name, handle);
        return handle;
      },
      cancelTimer: (name) => timers.get(name)?.cancel(),
    };
    const { settings } = loadSettings({ code: { admission } });
    const { clock, telemetry } = this;
    const open = (arrival: Arrival, credit: Credit): void => this.#open(arrival, credit);
    this.room = new WaitingRoom({
      admission: this.admission,
      clock,
      telemetry,
      settings: settings.admission,
      ctx,
      open,
    });
  }

  submit(tenant: string, key: string, { budgetMs = 5_000, signal }: Offer = {}): void {
    const submit = this.submitOf(key, tenant, signal);
    const decision = decisionOf({ text: key }, tenant, key);
    try {
      this.room.enter({ decision, submits: [submit], budgetMs, traceparent: undefined });
    } catch (error) {
      submit.replyTo.tell({ type: 'failed', error: error as WitanError });
    }
  }

  submitOf(key: string, tenant: string, signal?: AbortSignal): Submit {
    const tell = (reply: SubmitReply): void => {
      this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
      if (reply.type === 'failed') this.failed.set(key, reply.error);
    };
    const replyTo = { tell } as unknown as ActorRef<SubmitReply>;
    return {
      type: 'submit',
      request: {} as never,
      principal: { id: key, tenant, scopes: [] },
      signal,
      replyTo,
    };
  }

  /** Takes the turns that are due. */
  turns(): void {
    for (let message = this.#inbox.shift(); message; message = this.#inbox.shift()) {
      if (message.type === 'done') message.finish();
    }
  }

  advance(ms: number): void {
    this.clock.advance(ms);
    this.turns();
  }

  end(key: string): void {
    this.opened.find((one) => one.key === key)!.credit.release();
    this.turns();
  }

  keys(): string[] {
    return this.opened.map(({ key }) => key);
  }

  codes(): string[] {
    return [...this.failed].map(([key, { code }]) => `${key} ${code}`);
  }

  #open({ submits, budgetMs }: Arrival, credit: Credit): void {
    if (this.failOpen) throw this.failOpen;
    for (const { replyTo, principal } of submits) {
      this.opened.push({ key: principal.id, budgetMs, credit });
      replyTo.tell({ type: 'accepted', decisionId: 'd0' as never, joined: false });
    }
  }
}

interface Offer {
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

test('a tenant that floods is refused at once, another waits for the next credit and loses its wait', () => {
  const desk = new Desk(2);
  for (const key of ['a1', 'a2', 'a3']) desk.submit('a', key);
  desk.submit('b', 'b1');
  assert.equal([desk.keys(), desk.codes(), desk.room.count], [['a1', 'a2'], ['a3 overloaded'], 1]);
  desk.advance(40);
  desk.end('a1');
  assert.equal(desk.opened.at(-1), { ...desk.opened.at(-1)!, key: 'b1', budgetMs: 4_960 });
  desk.submit('a', 'a4');
  assert.equal([desk.room.count, desk.codes().length], [0, 2], 'one of two is its share');
  assert.is(desk.clock.pendingCount(), 0, 'no timer is left');
});

test('who waits too long is refused with a time to come back; half of its own time is the most', () => {
  const desk = new Desk(1, { waitMaxMs: 50 });
  desk.submit('a', 'a1');
  desk.submit('b', 'b1');
  desk.submit('c', 'c1', { budgetMs: 40 });
  desk.advance(20);
  assert.equal(desk.codes(), ['c1 overloaded']);
  desk.advance(29);
  assert.is(desk.room.count, 1);
  desk.advance(1);
  assert.equal(desk.codes(), ['c1 overloaded', 'b1 overloaded']);
  assert.ok(desk.failed.get('b1')!.details.retryAfterMs! >= 1);
  desk.end('a1');
  assert.equal([desk.keys(), desk.admission.inUse], [['a1'], 0]);
});

test('a credit that comes too late opens nothing, also before the end of the wait was told', () => {
  const desk = new Desk(1, { waitMaxMs: 50 });
  desk.submit('a', 'a1');
  desk.submit('b', 'b1');
  desk.clock.advance(60);
  desk.end('a1');
  assert.equal([desk.codes(), desk.answers.get('b1'), desk.admission.inUse], [['b1 overloaded'], 1, 0]);
});

test('a credit that came back belongs to who waits, not to who comes before the turn that gives it', () => {
  const desk = new Desk(1);
  desk.submit('a', 'a1');
  desk.submit('b', 'b1');
  desk.opened[0]!.credit.release();
  desk.submit('a', 'a2');
  assert.equal([desk.keys(), desk.codes()], [['a1', 'b1'], []]);
  desk.turns();
  assert.equal([desk.room.count, desk.admission.inUse], [1, 1]);
});

test('without a time to wait nobody waits', () => {
  const desk = new Desk(1, { waitMaxMs: 0 });
  desk.submit('a', 'a1');
  desk.submit('b', 'b1');
  assert.equal([desk.codes(), desk.room.count], [['b1 overloaded'], 0]);
});

test('a caller that is gone leaves the queue; who joined it stays', () => {
  const desk = new Desk(1);
  desk.submit('a', 'a1');
  const [first, second] = [new AbortController(), new AbortController()];
  desk.submit('b', 'b1', { signal: first.signal });
  const { decisionId } = decisionOf({ text: 'b1' }, 'b', 'b1');
  desk.room.join(decisionId, desk.submitOf('b1 again', 'b', second.signal));
  first.abort();
  desk.turns();
  assert.equal([desk.codes(), desk.room.count], [['b1 cancelled'], 1]);
  second.abort();
  desk.turns();
  assert.equal([desk.codes(), desk.room.count], [['b1 cancelled', 'b1 again cancelled'], 0]);
  assert.equal([desk.room.get(decisionId), desk.clock.pendingCount()], [undefined, 0]);
  desk.submit('b', 'b2', { signal: AbortSignal.abort() });
  desk.end('a1');
  assert.equal([desk.codes().at(-1), desk.keys()], ['b2 cancelled', ['a1']]);
});

test('who joined is let in with the first, and a signal after that changes nothing', () => {
  const desk = new Desk(1);
  const abort = new AbortController();
  desk.submit('a', 'a1');
  desk.submit('b', 'b1', { signal: abort.signal });
  const { decisionId } = decisionOf({ text: 'b1' }, 'b', 'b1');
  desk.room.join(decisionId, desk.submitOf('b1 again', 'b'));
  assert.is(getEventListeners(abort.signal, 'abort').length, 1);
  desk.end('a1');
  assert.is(getEventListeners(abort.signal, 'abort').length, 0);
  abort.abort();
  desk.turns();
  assert.equal([desk.keys(), desk.codes()], [['a1', 'b1', 'b1 again'], []]);
});

test('more credits let in who waits; a heavier tier has the larger share', () => {
  const tiers = { tenantTiers: { big: 'team' }, tierShares: { team: 3 }, defaultTier: 'free' };
  const desk = new Desk(1, tiers);
  desk.submit('a', 'a1');
  desk.room.setCredits(4);
  for (const key of ['a2', 'a3', 'a4']) desk.submit('a', key);
  for (const key of ['b1', 'b2', 'b3', 'b4']) desk.submit('big', key);
  assert.equal(desk.codes(), ['b4 overloaded'], 'three of four');
  desk.room.setCredits(6);
  assert.equal(desk.keys(), ['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
});

test('at the stop everybody who waits hears of it, and nobody waits any more', () => {
  const desk = new Desk(1);
  desk.submit('a', 'a1');
  desk.submit('b', 'b1');
  desk.submit('c', 'c1');
  desk.room.close();
  desk.submit('d', 'd1');
  assert.equal(desk.codes(), ['b1 unavailable', 'c1 unavailable', 'd1 overloaded']);
  desk.end('a1');
  assert.equal([desk.admission.inUse, desk.clock.pendingCount(), desk.keys().length], [0, 0, 1]);
});

test('a session that cannot begin gives its credit back and its caller an answer', () => {
  const desk = new Desk(1);
  desk.submit('a', 'a1');
  desk.submit('b', 'b1');
  desk.failOpen = new Error('no session');
  desk.end('a1');
  assert.equal([desk.codes(), desk.admission.inUse], [['b1 internal'], 0]);
});

test('what waits and how long is told', () => {
  const desk = new Desk(1);
  desk.submit('a', 'a1');
  desk.submit('b', 'b1');
  desk.submit('c', 'c1');
  const value = (name: string, result?: string) =>
    desk.telemetry.samples().find((sample) => sample.name === name && sample.labels['result'] === result)
      ?.value;
  assert.is(value('waiting_submissions'), 2);
  desk.advance(30);
  desk.end('a1');
  desk.advance(70);
  assert.is(value('waiting_submissions'), 0);
  assert.equal((value('admission_wait', 'served') as { sumMs: number }).sumMs, 30);
  assert.equal((value('admission_wait', 'expired') as { sumMs: number }).sumMs, 100);
});

type Step =
  | { readonly do: 'submit'; readonly tenant: string; readonly budgetMs: number }
  | { readonly do: 'end' | 'abort'; readonly at: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'credits'; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      tenant: fc.constantFrom('a', 'a', 'a', 'b', 'c', 'd'),
      budgetMs: fc.constantFrom(20, 100, 5_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat(50) }) },
  fc.record({ do: fc.constant('abort' as const), at: fc.nat(50) }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.nat(60) }),
  fc.record({ do: fc.constant('credits' as const), count: fc.integer({ min: 0, max: 6 }) }),
);

test('property: no credit is free while one waits; each has one answer, in order; nothing is left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 120 }), (credits, steps) => {
      const desk = new Desk(credits, { waitMaxMs: 80, waitMaxCount: 8, tenantWaitMaxCount: 3 });
      const aborts: AbortController[] = [];
      const open: string[] = [];
      const running = (): string[] => desk.keys().filter((key) => !open.includes(key));
      const keys: string[] = [];
      for (const [at, one] of steps.entries()) {
        if (one.do === 'submit') {
          const abort = new AbortController();
          aborts.push(abort);
          keys.push(`${one.tenant} ${at}`);
          const isFull = desk.admission.inUse >= desk.admission.credits;
          desk.submit(one.tenant, keys.at(-1)!, { budgetMs: one.budgetMs, signal: abort.signal });
          if (!isFull) assert.is(desk.keys().at(-1), keys.at(-1), 'a free credit is given at once');
        } else if (one.do === 'end') {
          const left = running();
          if (left.length === 0) continue;
          const key = left[one.at % left.length]!;
          open.push(key);
          desk.end(key);
        } else if (one.do === 'abort') aborts[one.at % Math.max(1, aborts.length)]?.abort();
        else if (one.do === 'advance') desk.advance(one.ms);
        else if (one.do === 'credits') desk.room.setCredits(one.count);
        desk.turns();
        const { inUse, credits: count } = desk.admission;
        assert.not(desk.room.count > 0 && inUse < count, 'a credit is free and somebody waits');
        assert.is(inUse, running().length);
        assert.ok(desk.room.count <= 8);
        assert.is(desk.room.count, keys.filter((key) => !desk.answers.has(key)).length);
      }
      desk.room.close();
      for (const key of running()) {
        open.push(key);
        desk.end(key);
      }
      assert.equal(
        [...desk.answers.values()].filter((count) => count !== 1),
        [],
      );
      assert.is(desk.answers.size, keys.length);
      const order = desk.keys();
      for (const tenant of 'abcd') {
        const own = order.filter((key) => key.startsWith(tenant));
        const sorted = [...own].sort((left, right) => keys.indexOf(left) - keys.indexOf(right));
        assert.equal(own, sorted);
      }
      assert.equal([desk.admission.inUse, desk.clock.pendingCount(), desk.room.count], [0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});

/** Floods from some tenants, one call after the other from another: what each gets in 1,000 decisions. */
test('a tenant that asks one after the other loses nothing to three that flood', () => {
  const desk = new Desk(8);
  const flood = (turn: number): void => {
    // Whoever comes first has what the calm one leaves of its share: each is first in its turn.
    const order = ['abc', 'bca', 'cab'][turn % 3]!;
    for (const tenant of order.repeat(20)) desk.submit(tenant, `${tenant} ${(made += 1)}`);
  };
  let made = 0;
  const waits: number[] = [];
  let calmCount = 1;
  let asked: { readonly key: string; readonly sinceMs: number } | undefined;
  // Eight decisions at a time, one ends every ms: each takes about 8 ms.
  for (let turn = 0; turn < 1_000; turn += 1) {
    flood(turn);
    if (!asked) {
      asked = { key: `calm ${turn}`, sinceMs: desk.clock.monotonicMs() };
      desk.submit('calm', asked.key);
    }
    const { key, sinceMs } = asked;
    desk.advance(1);
    const ended = desk.opened[turn]!;
    ended.credit.release();
    desk.turns();
    if (waits.length < calmCount && desk.answers.has(key)) waits.push(desk.clock.monotonicMs() - sinceMs);
    if (ended.key !== key) continue;
    calmCount += 1;
    asked = undefined;
  }
  assert.equal(
    desk.codes().filter((line) => line.startsWith('calm')),
    [],
  );
  assert.ok(Math.max(...waits) <= 4, `waited ${Math.max(...waits)} ms of at most a turn of each`);
  const counts = [...'abc'].map((tenant) => desk.keys().filter((key) => key.startsWith(`${tenant} `)).length);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 8, counts.join(' '));
});
