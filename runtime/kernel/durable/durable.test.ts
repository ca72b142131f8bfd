import { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import { Simulation, query, spawnPersistent, start } from '../index.ts';
import type { ActorRef, DurableContext, DurableOptions, Fence, TreeEvent } from '../index.ts';
import { microtasksDone } from '../system-clock.ts';
import type { AppendOptions, JournalEvent, JournalPort, JournalSnapshot } from '../ports/journal.ts';

const test = suite('durable actor');

type Added = { readonly type: 'added'; readonly amount: number };
type Command = {
  add?: number;
  twice?: number;
  get?: true;
  fail?: true;
  effect?: string;
  swallow?: true;
  slowFail?: true;
};

type NewEvent = Pick<JournalEvent, 'type' | 'schemaVersion' | 'payload'>;

/** Journal in memory whose next append can be made to fail, before or after it took effect. */
class TestJournal implements JournalPort {
  events: JournalEvent[] = [];
  snapshot: JournalSnapshot | undefined;
  highest = 0;
  appends = 0;
  failNext: 'before' | 'after' | undefined;
  failRead = 0;
  gate: Promise<void> | undefined;

  async append(key: string, events: readonly NewEvent[], options: AppendOptions): Promise<number> {
    await this.gate;
    this.appends += 1;
    const fail = this.failNext;
    this.failNext = undefined;
    if (fail === 'before') throw new WitanError('storage_failed', 'disk');
    const { expectedSequence, generation = this.highest } = options;
    if (expectedSequence !== this.events.length || generation < this.highest) {
      throw new WitanError('stale_writer', 'stale');
    }
    this.highest = Math.max(this.highest, options.generation ?? 0);
    for (const event of events) {
      this.events.push({ ...structuredClone(event), key, sequence: this.events.length + 1, atWallMs: 0 });
    }
    if (fail === 'after') throw new WitanError('storage_failed', 'reply lost');
    return this.events.length;
  }

  async *read(_key: string, afterSequence: number): AsyncIterable<JournalEvent> {
    if (this.failRead-- > 0) throw new WitanError('storage_failed', 'read');
    yield* this.events.slice(afterSequence);
  }

  latestSnapshot = async (): Promise<JournalSnapshot | undefined> => this.snapshot;

  async saveSnapshot(snapshot: JournalSnapshot): Promise<void> {
    this.snapshot = structuredClone(snapshot);
  }

  async *keys(): AsyncIterable<string> {}

  async forget(): Promise<void> {}

  async close(): Promise<void> {}
}

const effects: string[] = [];

type Context = DurableContext<number, Command, Added>;

async function account(state: number, command: Command, ctx: Context): Promise<void> {
  if (command.effect !== undefined) ctx.effect(() => void effects.push(`${command.effect}@${ctx.sequence}`));
  if (command.add !== undefined) await ctx.persist({ type: 'added', amount: command.add });
  if (command.twice !== undefined) {
    void ctx.persist({ type: 'added', amount: command.twice });
    void ctx.persist({ type: 'added', amount: command.twice });
  }
  if (command.swallow) await ctx.persist({ type: 'added', amount: 1 }).catch(() => {});
  if (command.slowFail) {
    await microtasksDone();
    void ctx.persist({ type: 'added', amount: 1_000 });
  }
  if (command.fail || command.slowFail) throw new Error('handler');
  assert.is(ctx.state >= state, true);
  ctx.sender?.tell(ctx.state as never);
}

type Extra = Partial<DurableOptions<number, Command, Added>>;

function rig(journal = new TestJournal()) {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  effects.length = 0;
  const make = (name: string, extra: Extra = {}): ActorRef<Command> =>
    spawnPersistent(system, account, 'account-1', name, {
      journal,
      initialState: 0,
      apply: (state, { amount }) => state + amount,
      ...extra,
    });
  const ask = (actor: ActorRef<Command>, command: Command): Promise<number> =>
    sim.until(query<Command, number>(actor, () => command, { timeoutMs: 1_000 }));
  const codeOf = (work: Promise<unknown>): Promise<unknown[]> =>
    work.then(
      () => [],
      ({ code, details }: WitanError) => [code, details['reason']],
    );
  return { sim, system, journal, make, ask, codeOf };
}

test('events make the state; another incarnation rebuilds it before its first message', async () => {
  const { sim, system, journal, make, ask } = rig();
  const first = make('a');
  assert.is(await ask(first, { add: 5 }), 5);
  assert.is(await ask(first, { add: 2 }), 7);
  await sim.until(system.stopActor('/a'));
  const second = make('a');
  assert.is(await ask(second, { get: true }), 7);
  assert.equal(
    journal.events.map(({ sequence, type, schemaVersion }) => [sequence, type, schemaVersion]),
    [
      [1, 'added', 1],
      [2, 'added', 1],
    ],
  );
});

test('events of one stretch go out in one append, also when nobody awaits them', async () => {
  const { journal, make, ask } = rig();
  const actor = make('a');
  await ask(actor, { twice: 4 });
  assert.is(await ask(actor, { get: true }), 8);
  assert.is(journal.appends, 1);
});

test('a failed append crashes the turn and leaves the state, whatever the handler catches', async () => {
  for (const command of [{ add: 1 }, { twice: 1 }, { swallow: true }] as const) {
    for (const decision of ['resume', 'reset'] as const) {
      const { journal, make, ask, codeOf } = rig();
      const actor = make('a', { onCrash: () => decision });
      await ask(actor, { add: 5 });
      journal.failNext = 'before';
      const outcome = await codeOf(ask(actor, command));
      if (command !== undefined && !('twice' in command) && !('swallow' in command)) {
        assert.equal(outcome, ['crashed', 'storage_failed']);
      }
      assert.is(await ask(actor, { get: true }), 5);
      assert.is(await ask(actor, { add: 1 }), 6);
    }
  }
});

test('an append whose reply is lost loses nothing and doubles nothing', async () => {
  for (const decision of ['resume', 'reset'] as const) {
    const { journal, make, ask, codeOf } = rig();
    const actor = make('a', { onCrash: () => decision });
    journal.failNext = 'after';
    await codeOf(ask(actor, { add: 5 }));
    assert.is(await ask(actor, { get: true }), 5);
    assert.is(await ask(actor, { add: 1 }), 6);
    assert.is(journal.events.length, 2);
  }
});

test('a second writer is stale: it stops itself and says so, whatever its onCrash says', async () => {
  const { system, make, ask, codeOf, journal } = rig();
  const events: TreeEvent[] = [];
  system.subscribe((event) => void events.push(event));
  const [one, two] = [make('one'), make('two', { onCrash: () => 'resume' })];
  await ask(two, { get: true });
  await ask(one, { add: 1 });
  assert.equal(await codeOf(ask(two, { add: 1 })), ['crashed', 'stale_writer']);
  assert.equal(await codeOf(ask(two, { get: true })), ['crashed', 'stale_writer']);
  assert.is(system.find('/two'), undefined);
  assert.is(await ask(one, { add: 1 }), 2);
  assert.is(journal.events.length, 2);
  const crashed = events.find((event) => event.kind === 'crashed');
  assert.equal(crashed, { kind: 'crashed', path: '/two', error: 'stale', decision: 'stop' });
});

test('an older generation is stale even at the right sequence', async () => {
  const { make, ask, codeOf, sim, system } = rig();
  const fence = (generation: number): Fence => ({ generation, isHeld: () => true });
  const newer = make('newer', { fence: fence(2) });
  await ask(newer, { add: 1 });
  await sim.until(system.stopActor('/newer'));
  const older = make('older', { fence: fence(1) });
  assert.equal(await codeOf(ask(older, { add: 1 })), ['crashed', 'stale_writer']);
});

test('effects run after the events are durable, never when the turn fails or the fence is lost', async () => {
  const { sim, journal, make, ask, codeOf } = rig();
  let held = true;
  let open = (): void => {};
  journal.gate = new Promise((done) => (open = done));
  const actor = make('a', { onCrash: () => 'reset', fence: { generation: 1, isHeld: () => held } });
  actor.tell({ effect: 'one', twice: 1 });
  await sim.advance(50);
  assert.equal(effects, []);
  open();
  await sim.runUntilIdle();
  assert.equal(effects, ['one@2']);
  await codeOf(ask(actor, { effect: 'two', add: 1, fail: true }));
  journal.failNext = 'before';
  await codeOf(ask(actor, { effect: 'three', add: 1 }));
  assert.equal(effects, ['one@2']);
  journal.gate = new Promise((done) => (open = done));
  actor.tell({ effect: 'four', add: 1 });
  await sim.advance(1_000);
  held = false;
  open();
  await sim.runUntilIdle();
  assert.equal(effects, ['one@2']);
});

test('a handler that fails while an append is out: the event is neither lost nor in the way', async () => {
  for (const decision of ['resume', 'reset'] as const) {
    const { sim, journal, make, ask } = rig();
    const actor = make('a', { onCrash: () => decision });
    await ask(actor, { add: 1 });
    let open = (): void => {};
    journal.gate = new Promise((done) => (open = done));
    actor.tell({ twice: 4, slowFail: true });
    await sim.advance(100);
    open();
    assert.is(await ask(actor, { get: true }), 9);
    assert.is(await ask(actor, { add: 1 }), 10);
  }
});

test('a handler that fails drops events that were not sent', async () => {
  const { journal, make, ask, codeOf } = rig();
  const actor = make('a', { onCrash: () => 'resume' });
  await codeOf(ask(actor, { twice: 1, fail: true }));
  assert.is(await ask(actor, { get: true }), journal.events.length);
});

test('snapshots shorten the replay; losing the latest one loses nothing', async () => {
  const { sim, system, journal, make, ask } = rig();
  const actor = make('a', { snapshotEvery: 3 });
  for (let count = 0; count < 8; count += 1) await ask(actor, { add: 1 });
  assert.is(journal.snapshot!.sequence, 6);
  assert.is(journal.snapshot!.state, 6);
  await sim.until(system.stopActor('/a'));
  let applied = 0;
  const apply = (state: number, { amount }: Added): number => {
    applied += 1;
    return state + amount;
  };
  assert.is(await ask(make('a', { apply }), { get: true }), 8);
  assert.is(applied, 2);
  await sim.until(system.stopActor('/a'));
  journal.snapshot = undefined;
  assert.is(await ask(make('a', { apply }), { get: true }), 8);
});

test('older shapes are migrated, newer ones refused', async () => {
  const { sim, system, make, ask, codeOf } = rig();
  await ask(make('a', { snapshotEvery: 2 }), { twice: 3 });
  await ask(system.find('/a') as ActorRef<Command>, { add: 3 });
  await sim.until(system.stopActor('/a'));
  const seen: string[] = [];
  const migrate: Extra['migrate'] = ({ kind, schemaVersion, payload }) => {
    seen.push(`${kind} ${schemaVersion}`);
    if (kind === 'snapshot') return (payload as number) * 100;
    return { type: 'added', amount: (payload as Added).amount * 100 };
  };
  assert.is(await ask(make('a', { schemaVersion: 2, migrate }), { get: true }), 900);
  assert.equal(seen, ['snapshot 1', 'event 1']);
  await ask(system.find('/a') as ActorRef<Command>, { add: 1 });
  await sim.until(system.stopActor('/a'));
  assert.equal(await codeOf(ask(make('a'), { get: true })), ['crashed', 'not_supported']);
});

test('messages wait for a recovery that fails at first', async () => {
  const { sim, journal, make, ask } = rig();
  journal.failRead = 2;
  const actor = make('a', { onCrash: () => 'reset' });
  assert.is(await ask(actor, { add: 4 }), 4);
  assert.ok(sim.clock.monotonicMs() >= 100);
});

test('persist outside of a turn or of a durable actor is refused and ends no process', async () => {
  const { sim, make, system } = rig();
  let leaked: Context | undefined;
  const leak = (_state: number, _message: string, ctx: unknown): void => void (leaked = ctx as Context);
  spawnPersistent<number, string, Added>(system, leak, 'k', 'leak', {
    journal: new TestJournal(),
    initialState: 0,
    apply: (state) => state,
  }).tell('x');
  await sim.runUntilIdle();
  const outcome = await leaked!.persist({ type: 'added', amount: 1 }).catch((error) => error.code);
  assert.is(outcome, 'invalid_argument');
  assert.ok(make('a'));
});
