import { startEntities } from '../../cluster/entities/entities.ts';
import type { EntityKind } from '../../cluster/entities/entity-kind.ts';
import { entityPath, readEntityPath, wirePath } from '../../cluster/entities/entity-path.ts';
import { shardOf } from '../../cluster/placement/rendezvous.ts';
import { WitanError } from '../../contracts/errors.ts';
import { query, spawn } from '../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef } from '../../runtime/kernel/index.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { assert, suite } from '../harness.ts';
import { Owners } from './remote/owners.ts';
import { Rig } from './remote/rig.ts';

const test = suite('entities');

interface Note {
  readonly note: string;
  readonly replyTo?: ActorRef<readonly string[]>;
}

/** What entities did, by node: who handled what, and how often each was made. */
interface Handled {
  readonly at: string;
  readonly id: string;
  readonly note: string;
  readonly generation: number | undefined;
}

class Town {
  readonly rig = new Rig();
  readonly owners = new Owners();
  readonly handled: Handled[] = [];
  readonly made: string[] = [];
  readonly journal = new MemoryJournal(this.rig.sim.clock);

  async node(name: string, extra: Partial<EntityKind<Note>> & { limits?: object } = {}) {
    const { limits, ...options } = extra;
    const node = await this.rig.node(name);
    const entities = startEntities({ ...node, journal: this.journal, limits: { ...limits } });
    const directory = this.owners.view(name);
    const hooks = entities.register<Note>({
      kind: 'diary',
      directory,
      start: ({ id, parent, name: child, fence, shutdownAfterMs }) => {
        this.made.push(`${name}:${id}`);
        return spawn(
          parent,
          (notes: readonly string[], { note, replyTo }: Note, ctx) => {
            if (note === 'stop') ctx.stop();
            this.handled.push({ at: name, id, note, generation: ctx.fence?.generation });
            const next = [...notes, note];
            replyTo?.tell(next);
            return next;
          },
          child,
          { initialState: [], fence, ...(shutdownAfterMs === undefined ? {} : { shutdownAfterMs }) },
        );
      },
      ...options,
    });
    const ref = (id: string) => entities.ref<Note>('diary', id);
    const ask = (id: string, note: string, timeoutMs = 500): Promise<readonly string[]> =>
      query<Note, readonly string[]>(ref(id), (replyTo) => ({ note, replyTo }), {
        timeoutMs,
        via: node.system,
      });
    return { ...node, name, entities, directory, hooks, ref, ask };
  }

  /** All notes for an entity, in the order in which they were handled. */
  notes(id: string): string[] {
    return this.handled.filter((item) => item.id === id).map(({ note }) => note);
  }
}

type TownNode = Awaited<ReturnType<Town['node']>>;

const ID = 'ann/1 ö';
const SHARD = shardOf('diary', ID, 4);

async function town(extra: Parameters<Town['node']>[1] = {}) {
  const place = new Town();
  const a = await place.node('a', extra);
  const b = await place.node('b', extra);
  const c = await place.node('c', extra);
  return { place, rig: place.rig, owners: place.owners, a, b, c };
}

async function move(owners: Owners, from: TownNode, to: TownNode, rig: Rig): Promise<void> {
  await rig.sim.until(from.hooks.drain(SHARD));
  owners.set(SHARD, undefined);
  await owners.give(SHARD, to);
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

test('paths carry kind, shard, owner and any id', () => {
  for (const id of ['x', 'ann/1 ö', '..', '%2f', '@1+', '😀']) {
    const shard = shardOf('diary', id, 4);
    const address = { kind: 'diary', shard, id, generation: 7, isSecond: true };
    assert.equal(
      readEntityPath(wirePath(address), () => 4),
      address,
    );
    const plain = { ...address, generation: undefined, isSecond: false };
    assert.equal(
      readEntityPath(entityPath('diary', shard, id), () => 4),
      plain,
    );
  }
  assert.is(
    readEntityPath(`/entities/diary/${(SHARD + 1) % 4}/${encodeURIComponent(ID)}`, () => 4),
    undefined,
  );
  assert.is(
    readEntityPath('/entities/diary/1/%zz', () => 4),
    undefined,
  );
  assert.is(
    readEntityPath('/entities/diary', () => 4),
    undefined,
  );
});

test('an entity is made by its first message, from whatever node, with the fence of its claim', async () => {
  const { place, rig, owners, a, b } = await town();
  const claim = await owners.give(SHARD, b);
  assert.equal(await rig.sim.until(a.ask(ID, 'one')), ['one']);
  assert.equal(await rig.sim.until(b.ask(ID, 'two')), ['one', 'two']);
  assert.equal(place.made, [`b:${ID}`]);
  assert.ok(place.handled.every(({ generation }) => generation === claim.generation));
  assert.equal(b.entities.activeIn('diary', SHARD), [ID]);
  assert.is(a.ref(ID), a.ref(ID));
});

test('what is sent while nobody owns the shard waits, in order, and arrives once', async () => {
  const { place, rig, owners, a, b } = await town();
  for (const note of ['1', '2', '3']) a.ref(ID).tell({ note });
  const asked = a.ask(ID, '4', 5_000);
  await rig.settle();
  assert.is(a.entities.waitingCount, 4);
  await owners.give(SHARD, b);
  a.ref(ID).tell({ note: '5' });
  assert.equal(await rig.sim.until(asked), ['1', '2', '3', '4']);
  await rig.settle();
  assert.equal(place.notes(ID), ['1', '2', '3', '4', '5']);
  assert.is(a.entities.waitingCount, 0);
});

test('the waiting room is bounded and nobody waits for ever', async () => {
  const { rig, a } = await town({ limits: { maxPerShard: 2, waitMs: 1_000 } });
  for (const note of ['1', '2', '3']) a.ref(ID).tell({ note });
  assert.is(await rig.sim.until(codeOf(a.ask(ID, '4'))), 'overloaded');
  assert.is(a.system.deadLetterTotals()['mailbox-full'], 2);
  await rig.sim.advance(1_000);
  assert.is(a.entities.waitingCount, 0);
  assert.is(a.system.deadLetterTotals().undeliverable, 2);
  assert.is(await rig.sim.until(codeOf(a.ask(ID, '5', 60_000))), 'unavailable');
});

test('a shard that moves takes its entities along and loses no message', async () => {
  const { place, rig, owners, a, b, c } = await town();
  await owners.give(SHARD, b);
  let sent = 0;
  const burst = (): void => {
    for (const end = sent + 20; sent < end; sent += 1) a.ref(ID).tell({ note: String(sent) });
  };
  burst();
  await rig.settle();
  burst();
  const moving = move(owners, b, c, rig);
  burst();
  await moving;
  burst();
  await rig.settle();
  assert.equal(
    place
      .notes(ID)
      .map(Number)
      .sort((x, y) => x - y),
    Array.from({ length: sent }, (_, n) => n),
  );
  assert.ok(place.handled.some(({ at }) => at === 'c'));
  assert.is(b.entities.activeIn('diary', SHARD).length, 0);
});

test('an old owner sends back what came too late, and it is handled once by the new one', async () => {
  const { place, rig, owners, a, b, c } = await town();
  await owners.give(SHARD, b);
  await rig.sim.until(a.ask(ID, 'before'));
  a.directory.freeze();
  await move(owners, b, c, rig);
  const answer = a.ask(ID, 'late', 5_000);
  a.ref(ID).tell({ note: 'also late' });
  await rig.settle();
  assert.equal(place.notes(ID), ['before'], 'the old owner handled nothing');
  assert.is(a.entities.waitingCount, 2, 'the sender waits for news of the owner');
  const published = a.bus.count;
  a.ref(ID).tell({ note: 'behind them' });
  await rig.settle();
  assert.is(a.bus.count, published, 'whoever comes later stands behind');
  a.directory.thaw();
  assert.equal(await rig.sim.until(answer), ['late']);
  await rig.settle();
  assert.equal(place.notes(ID), ['before', 'late', 'also late', 'behind them']);
});

test('an owner that lost its shard and got it back does not take letters to its former self', async () => {
  const { place, rig, owners, a, b, c } = await town();
  await owners.give(SHARD, b);
  a.directory.freeze();
  await move(owners, b, c, rig);
  await move(owners, c, b, rig);
  const answer = a.ask(ID, 'old letter', 5_000);
  await rig.settle();
  assert.equal(place.notes(ID), []);
  a.directory.thaw();
  assert.equal(await rig.sim.until(answer), ['old letter']);
});

/** Entities that wait for a gate in each turn, and for another one at their end. */
function gated(place: { handled: Handled[] }) {
  const gates = { turn: Promise.resolve(), end: Promise.resolve() };
  const start: EntityKind<Note>['start'] = ({ id, parent, name, fence, shutdownAfterMs }) =>
    spawn(
      parent,
      async (notes: readonly string[], { note, replyTo }: Note) => {
        await gates.turn;
        place.handled.push({ at: parent.node, id, note, generation: fence.generation });
        replyTo?.tell([...notes, note]);
        return [...notes, note];
      },
      name,
      {
        initialState: [],
        fence,
        afterStop: () => gates.end,
        ...(shutdownAfterMs === undefined ? {} : { shutdownAfterMs }),
      },
    );
  return { gates, start };
}

function gate(): { readonly shut: Promise<void>; open(): void } {
  let open = (): void => {};
  const shut = new Promise<void>((resolve) => (open = resolve));
  return { shut, open: () => open() };
}

test('a hand-over lets what is in the mailbox be handled, and takes nothing new', async () => {
  const place = new Town();
  const { gates, start } = gated(place);
  const [a, b, c] = [await place.node('a'), await place.node('b', { start }), await place.node('c')];
  const { rig, owners } = place;
  await owners.give(SHARD, b);
  const turn = gate();
  gates.turn = turn.shut;
  for (const note of ['1', '2', '3']) a.ref(ID).tell({ note });
  await rig.settle();
  const moving = move(owners, b, c, rig);
  await rig.settle();
  a.ref(ID).tell({ note: '4' });
  b.ref(ID).tell({ note: '5' });
  await rig.sim.advance(20);
  assert.equal([a.entities.waitingCount, b.entities.waitingCount], [1, 1]);
  turn.open();
  await moving;
  await rig.settle();
  const at = (node: string) => place.handled.filter((item) => item.at === node).map(({ note }) => note);
  assert.equal(
    [at('b'), at('c').sort()],
    [
      ['1', '2', '3'],
      ['4', '5'],
    ],
  );
  assert.equal(a.system.deadLetters(), []);
  assert.equal(b.system.deadLetters(), []);
});

test('when a fence is lost, what was not begun goes to the next owner', async () => {
  const place = new Town();
  const { gates, start } = gated(place);
  const [a, b, c] = [await place.node('a'), await place.node('b', { start }), await place.node('c')];
  const { rig, owners } = place;
  await owners.give(SHARD, b);
  gates.turn = gate().shut;
  const begun = codeOf(a.ask(ID, '1', 60_000));
  await rig.settle();
  a.ref(ID).tell({ note: '2' });
  const waiting = a.ask(ID, '3', 60_000);
  await rig.settle();
  owners.set(SHARD, undefined);
  b.hooks.lost(SHARD);
  await owners.give(SHARD, c);
  assert.equal(await rig.sim.until(waiting), ['2', '3']);
  assert.is(await rig.sim.until(begun), 'stopped');
  assert.equal(place.notes(ID), ['2', '3']);
});

test('a message to an entity that is just ending waits and makes it anew', async () => {
  const place = new Town();
  const { gates, start } = gated(place);
  const [a, b] = [await place.node('a'), await place.node('b', { start, passivateAfterMs: 100 })];
  const { rig, owners } = place;
  await owners.give(SHARD, b);
  await rig.sim.until(a.ask(ID, 'one'));
  const end = gate();
  gates.end = end.shut;
  await rig.sim.advance(150);
  const answer = a.ask(ID, 'two');
  a.ref(ID).tell({ note: 'three' });
  await rig.settle();
  assert.equal(place.notes(ID), ['one']);
  end.open();
  assert.equal(await rig.sim.until(answer), ['two']);
  await rig.settle();
  assert.equal(place.notes(ID), ['one', 'two', 'three']);
  assert.equal(b.system.deadLetters(), []);
});

test('a message that comes back twice is given up', async () => {
  const { place, rig, owners, a, b, c } = await town();
  await owners.give(SHARD, b);
  a.directory.freeze();
  await move(owners, b, c, rig);
  const answer = codeOf(a.ask(ID, 'late', 5_000));
  await rig.settle();
  // It hears of c, and when the message gets there, c has given the shard away too.
  a.bus.decide = () => ({ delayMs: 50 });
  a.directory.thaw();
  a.directory.freeze();
  await rig.settle();
  await move(owners, c, b, rig);
  assert.is(await rig.sim.until(answer), 'unavailable');
  assert.equal(place.notes(ID), []);
});

test('a new owner that has not heard of its shard keeps what comes early', async () => {
  const { place, rig, owners, a, b } = await town();
  b.directory.freeze();
  const claim = owners.claim();
  owners.set(SHARD, { node: 'b', generation: claim.generation });
  const answer = a.ask(ID, 'early', 5_000);
  await rig.settle();
  assert.equal(place.notes(ID), []);
  await b.hooks.taken(SHARD, claim);
  assert.equal(await rig.sim.until(answer), ['early']);
});

test('passivation loses nothing: who is told while going to sleep wakes up again', async () => {
  const { place, rig, owners, a, b } = await town({ passivateAfterMs: 100 });
  await owners.give(SHARD, b);
  await rig.sim.until(a.ask(ID, 'one'));
  await rig.sim.advance(200);
  assert.equal(b.entities.activeIn('diary', SHARD), []);
  assert.equal(await rig.sim.until(a.ask(ID, 'two')), ['two'], 'a new life');
  // Its own stop and the next messages in one drain: they come while it ends.
  for (const note of ['stop', 'three', 'four']) b.ref(ID).tell({ note });
  await rig.settle();
  b.ref(ID).tell({ note: 'five' });
  await rig.settle();
  assert.ok(place.notes(ID).includes('five'));
  assert.is(place.made.length, 3);
});

test('an ask to an entity fails at once when it crashes or its shard is lost', async () => {
  const { rig, owners, a, b } = await town({
    start: ({ parent, name, fence }) =>
      spawn(
        parent,
        (state: undefined, { note }: Note) => {
          if (note === 'crash') throw new Error('x');
          return state;
        },
        name,
        { fence },
      ),
  });
  await owners.give(SHARD, b);
  assert.is(await rig.sim.until(codeOf(a.ask(ID, 'crash', 60_000))), 'crashed');
  const open = codeOf(a.ask(ID, 'wait', 60_000));
  await rig.settle();
  b.hooks.lost(SHARD);
  assert.is(await rig.sim.until(open), 'stopped');
  assert.ok(rig.sim.clock.monotonicMs() < 10_000);
});

test('without its fence an entity handles nothing', async () => {
  const { place, rig, owners, a, b } = await town();
  const claim = owners.claim();
  await b.hooks.taken(SHARD, claim);
  owners.set(SHARD, { node: 'b', generation: claim.generation });
  await rig.sim.until(a.ask(ID, 'one'));
  claim.cut();
  a.ref(ID).tell({ note: 'two' });
  await rig.sim.advance(1_000);
  assert.equal(place.notes(ID), ['one']);
  // A hand-over does not wait for work that must not be done any more.
  await rig.sim.until(b.hooks.drain(SHARD));
});

test('remembered entities are made again by the next owner; those that ended are not', async () => {
  const { place, rig, owners, a, b, c } = await town({ remember: true });
  await owners.give(SHARD, b);
  const second = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7'].find((id) => shardOf('diary', id, 4) === SHARD)!;
  await rig.sim.until(Promise.all([a.ask(ID, 'one'), a.ask(second, 'one')]));
  await rig.sim.until(a.ask(second, 'stop'));
  await rig.settle();
  place.made.length = 0;
  await move(owners, b, c, rig);
  assert.equal(place.made, [`c:${ID}`]);
  assert.equal(c.entities.activeIn('diary', SHARD), [ID]);
  // The new owner has written; the old one cannot any more.
  await rig.sim.until(a.ask(ID, 'stop'));
  await rig.settle();
  const events = [{ type: 'began', schemaVersion: 1, payload: { id: 'x' } }];
  const late = { expectedSequence: 4, generation: 101 };
  assert.is(await codeOf(place.journal.append(`entities.diary.${SHARD}`, events, late)), 'stale_writer');
});

test('a shard whose list could not be read is begun again', async () => {
  const { place, rig, owners, a, b } = await town({ remember: true });
  const claim = owners.claim();
  const { latestSnapshot } = place.journal;
  place.journal.latestSnapshot = async () => {
    throw new WitanError('unavailable', 'the journal does not answer');
  };
  assert.is(await rig.sim.until(codeOf(b.hooks.taken(SHARD, claim))), 'unavailable');
  place.journal.latestSnapshot = latestSnapshot;
  await owners.give(SHARD, b);
  assert.equal(await rig.sim.until(a.ask(ID, 'one')), ['one']);
});

test('an address of an entity in a message is one everywhere, wherever the entity is', async () => {
  const { rig, owners, a, b, c } = await town();
  await owners.give(SHARD, b);
  const seen: AnyRef[] = [];
  spawn(c.system, (state: undefined, message: { ref: AnyRef }) => (seen.push(message.ref), state), 'keep');
  a.remoting.ref<{ ref: AnyRef }>('c', '/keep').tell({ ref: a.ref(ID) as AnyRef });
  await rig.settle();
  assert.is(seen[0], c.ref(ID) as AnyRef);
});

test('close refuses what waits and what comes', async () => {
  const { rig, a } = await town();
  const waiting = codeOf(a.ask(ID, 'one', 60_000));
  await rig.sim.until(a.entities.close());
  await rig.sim.until(a.entities.close());
  assert.is(await rig.sim.until(waiting), 'stopped');
  assert.is(await rig.sim.until(codeOf(a.ask(ID, 'two'))), 'stopped');
});
