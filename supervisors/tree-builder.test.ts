import { WitanError } from '../contracts/errors.ts';
import { SeededRandom, SimClock, start, stop } from '../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../runtime/kernel/index.ts';
import { assert, suite } from '../test/harness.ts';
import { advance, settle } from '../test/sim-time.ts';
import { actorChild } from './child-spec.ts';
import type { ChildSpec } from './child-spec.ts';
import { buildTree } from './tree-builder.ts';
import type { SupervisorNode } from './tree-builder.ts';

const test = suite('tree builder');

async function inSystem(
  body: (system: ActorSystem, clock: SimClock, log: string[]) => Promise<void>,
): Promise<void> {
  const clock = new SimClock();
  const system = start({ clock, random: new SeededRandom(1) });
  try {
    await body(system, clock, []);
  } finally {
    const stopped = system.stop();
    await advance(clock, 10_000);
    await stopped;
  }
}

function leaf(id: string, log: string[]): ChildSpec {
  return actorChild<number, 'crash'>({
    id,
    behavior: () => {
      throw new Error('crash');
    },
    options: { initialStateFunc: () => log.push(`${id} up`), afterStop: () => void log.push(`${id} down`) },
  });
}

const branches = (log: string[]): SupervisorNode[] => [
  { supervisor: 'platform', nodes: [leaf('gate', log), leaf('audit', log)] },
  {
    supervisor: 'council',
    strategy: 'rest-for-one',
    nodes: [leaf('guardian', log), { supervisor: 'seats', nodes: [leaf('truth', log), leaf('mercy', log)] }],
  },
];

test('spawns the whole tree in order, each actor under its path', () =>
  inSystem(async (system, _clock, log) => {
    const tree = buildTree(system, branches(log));
    await settle();
    assert.equal([...tree.keys()], ['platform', 'council']);
    assert.equal(log, ['gate up', 'audit up', 'guardian up', 'truth up', 'mercy up']);
    assert.equal(
      system
        .inspect()
        .map((info) => info.path)
        .sort(),
      [
        '/',
        '/council',
        '/council/guardian',
        '/council/seats',
        '/council/seats/mercy',
        '/council/seats/truth',
        '/platform',
        '/platform/audit',
        '/platform/gate',
      ],
    );
  }));

test('stops in reverse order', () =>
  inSystem(async (system, _clock, log) => {
    const tree = buildTree(system, branches(log));
    await settle();
    await stop(tree.get('council')!);
    assert.equal(log.slice(5), ['mercy down', 'truth down', 'guardian down']);
  }));

test('strategies of the declaration hold, and nested supervisors are restarted with their group', () =>
  inSystem(async (system, clock, log) => {
    buildTree(system, branches(log));
    await settle();
    (system.find('/council/guardian') as ActorRef<'crash'>).tell('crash');
    await advance(clock, 200);
    assert.equal(log.slice(5), [
      'guardian down',
      'mercy down',
      'truth down',
      'guardian up',
      'truth up',
      'mercy up',
    ]);
    assert.ok(system.find('/council/seats/truth'));
  }));

test('a bad or repeated name is refused before anything is spawned', () =>
  inSystem(async (system, _clock, log) => {
    const bad = [
      { supervisor: 'a', nodes: [leaf('x', log), leaf('x', log)] },
      { supervisor: 'a', nodes: [leaf('x/y', log)] },
      { supervisor: '', nodes: [] },
    ];
    for (const branch of bad) {
      assert.throws(
        () => buildTree(system, [{ supervisor: 'first', nodes: [] }, branch]),
        (error: unknown) => error instanceof WitanError && error.code === 'invalid_argument',
      );
    }
    assert.is(system.inspect().length, 1);
  }));
