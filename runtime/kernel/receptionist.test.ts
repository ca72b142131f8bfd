import { assert, suite } from '../../test/harness.ts';
import { advance, settle } from '../../test/sim-time.ts';
import { query, SimClock, spawn, spawnStateless, start, stop } from './index.ts';
import type { ActorRef, ActorSystem } from './index.ts';
import {
  deregister,
  find,
  receptionist,
  receptionistOptions,
  register,
  serviceKey,
  subscribe,
  unsubscribe,
} from './receptionist.ts';
import type { Listing, ReceptionistMessage } from './receptionist.ts';

const test = suite('receptionist');
const SEAT = serviceKey<string>('seat');
const POOL = serviceKey<number>('pool');

interface World {
  readonly system: ActorSystem;
  readonly desk: ActorRef<ReceptionistMessage>;
  list(): Promise<string[]>;
  seat(name: string): ActorRef<string>;
}

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  const system = start({ clock });
  const desk = spawn(system, receptionist, 'receptionist', receptionistOptions());
  const list = async (): Promise<string[]> => {
    const listing = await query<ReceptionistMessage, Listing<string>>(
      desk,
      (replyTo) => find(SEAT, replyTo),
      { timeoutMs: 100 },
    );
    return listing.refs.map((ref) => ref.name);
  };
  const seat = (name: string): ActorRef<string> =>
    spawnStateless<string>(
      system,
      (message) => {
        if (message === 'crash') throw new Error('crash');
      },
      name,
    );
  try {
    await body({ system, desk, list, seat });
  } finally {
    const stopped = system.stop();
    await advance(clock, 10_000);
    await stopped;
  }
}

test('lists what was registered under a key, once each, in order', () =>
  inWorld(async ({ desk, list, seat }) => {
    const truth = seat('truth');
    assert.equal(await list(), []);
    for (const ref of [truth, seat('mercy'), truth]) desk.tell(register(SEAT, ref));
    assert.equal(await list(), ['truth', 'mercy']);
  }));

test('keys are separate; one id is one service', () =>
  inWorld(async ({ system, desk, list, seat }) => {
    desk.tell(
      register(
        POOL,
        spawnStateless<number>(system, () => undefined, 'pool'),
      ),
    );
    desk.tell(register(serviceKey<string>('seat'), seat('truth')));
    assert.equal(await list(), ['truth']);
  }));

test('an entry vanishes when its actor stops or crashes', () =>
  inWorld(async ({ desk, list, seat }) => {
    const [a, b, c] = [seat('a'), seat('b'), seat('c')];
    for (const ref of [a, b, c]) desk.tell(register(SEAT, ref));
    await stop(a);
    b.tell('crash');
    await settle();
    assert.equal(await list(), ['c']);
  }));

test('an actor that is already gone is not listed', () =>
  inWorld(async ({ desk, list, seat }) => {
    const gone = seat('gone');
    await stop(gone);
    desk.tell(register(SEAT, gone));
    await settle();
    assert.equal(await list(), []);
  }));

test('a withdrawn offer is gone while the actor lives, and may be made again', () =>
  inWorld(async ({ desk, list, seat }) => {
    const truth = seat('truth');
    desk.tell(register(SEAT, truth));
    desk.tell(deregister(SEAT, truth));
    desk.tell(deregister(SEAT, truth));
    assert.equal(await list(), []);
    desk.tell(register(SEAT, truth));
    assert.equal(await list(), ['truth']);
    await stop(truth);
    assert.equal(await list(), [], 'the second registration is watched too');
  }));

test('a subscriber gets the listing at once and at each change, until it leaves', () =>
  inWorld(async ({ system, desk, seat }) => {
    const seen: string[] = [];
    const viewer = spawnStateless<Listing<string>>(system, (listing) => {
      seen.push(listing.refs.map((ref) => ref.name).join(' '));
    });
    const truth = seat('truth');
    desk.tell(subscribe(SEAT, viewer));
    desk.tell(register(SEAT, truth));
    desk.tell(register(SEAT, truth));
    desk.tell(register(SEAT, seat('mercy')));
    await settle();
    await stop(truth);
    await settle();
    assert.equal(seen, ['', 'truth', 'truth mercy', 'mercy']);
    desk.tell(unsubscribe(SEAT, viewer));
    desk.tell(register(SEAT, seat('late')));
    await settle();
    assert.is(seen.length, 4);
  }));

test('a subscriber that terminates is forgotten and leaves no dead letters behind', () =>
  inWorld(async ({ system, desk, seat }) => {
    const viewer = spawnStateless<Listing<string>>(system, () => undefined);
    desk.tell(subscribe(SEAT, viewer));
    await settle();
    await stop(viewer);
    await settle();
    desk.tell(register(SEAT, seat('truth')));
    await settle();
    assert.equal(system.deadLetters(), []);
  }));
