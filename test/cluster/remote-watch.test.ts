import { WitanError } from '../../contracts/errors.ts';
import { spawnStateless, stop } from '../../runtime/kernel/index.ts';
import type { ActorContext, AnyRef, Signal } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';
import { Rig } from './remote/rig.ts';
import type { RigNode } from './remote/rig.ts';

const test = suite('death watch between nodes');

/** An actor that watches what it is told to, and notes how it ended. */
function watcher(node: RigNode) {
  const ends: [string, string][] = [];
  const ref = spawnStateless(
    node.system,
    ({ ref: watched, on }: { ref: AnyRef; on: boolean }, ctx: ActorContext<never>) =>
      on ? ctx.watch(watched) : ctx.unwatch(watched),
    'watcher',
    {
      onSignal: (state, signal: Signal) => {
        if (signal.kind === 'terminated') ends.push([signal.ref.path, signal.reason]);
        return state;
      },
    },
  );
  return { ends, watch: (watched: AnyRef, on = true) => ref.tell({ ref: watched, on }), ref: ref as AnyRef };
}

async function pair() {
  const rig = new Rig();
  const a = await rig.node('a');
  const b = await rig.node('b');
  const actor = (name: string) =>
    spawnStateless(
      b.system,
      (message: string) => {
        if (message === 'crash') throw new WitanError('internal', 'x');
      },
      name,
    ) as AnyRef;
  return { rig, a, b, actor, to: (path: string) => a.remoting.ref('b', path) as AnyRef, ...watcher(a) };
}

test('stop, crash, and an actor that never was, once each', async () => {
  const { rig, actor, to, watch, ends } = await pair();
  const one = actor('one');
  const two = actor('two');
  for (const path of ['/one', '/two', '/three']) watch(to(path));
  watch(to('/one'));
  await rig.settle();
  assert.equal(ends, [['/three', 'never-existed']]);
  void stop(one);
  (two as unknown as { tell(message: string): void }).tell('crash');
  await rig.settle();
  assert.equal(ends.slice(1), [
    ['/one', 'stopped'],
    ['/two', 'crashed'],
  ]);
  await rig.sim.advance(10_000);
  assert.is(ends.length, 3);
});

test('a run that is gone is unreachable for all who watch there', async () => {
  const { rig, b, actor, to, watch, ends } = await pair();
  actor('one');
  watch(to('/one'));
  await rig.settle();
  rig.world.gone('b', b.incarnation);
  await rig.settle();
  assert.equal(ends, [['/one', 'unreachable']]);
  watch(to('/two'));
  await rig.settle();
  assert.equal(ends.at(-1), ['/two', 'unreachable']);
});

test('a watch that is taken back says nothing, and the other side forgets it', async () => {
  const { rig, b, actor, to, watch, ends } = await pair();
  const one = actor('one');
  watch(to('/one'));
  await rig.settle();
  assert.is(b.system.inspect('/one')[0]!.watcherCount, 1);
  watch(to('/one'), false);
  await rig.settle();
  assert.is(b.system.inspect('/one')[0]!.watcherCount, 0);
  void stop(one);
  await rig.sim.advance(10_000);
  assert.equal(ends, []);
});

test('the watcher ends, or its node does: nothing is left at the other side', async () => {
  const { rig, a, b, actor, to, watch, ref } = await pair();
  actor('one');
  watch(to('/one'));
  await rig.settle();
  void stop(ref);
  await rig.settle();
  assert.is(b.system.inspect('/one')[0]!.watcherCount, 0);
  const second = watcher(a);
  second.watch(to('/one'));
  await rig.settle();
  assert.is(b.system.inspect('/one')[0]!.watcherCount, 1);
  rig.world.gone('a', a.incarnation);
  assert.is(b.system.inspect('/one')[0]!.watcherCount, 0);
});

test('a watch whose batch is lost is said again', async () => {
  const { rig, a, actor, to, watch, ends } = await pair();
  const one = actor('one');
  a.bus.decide = (_, count) => (count === 1 ? 'drop' : 'pass');
  watch(to('/one'));
  await rig.settle();
  void stop(one);
  await rig.settle();
  assert.equal(ends, []);
  await rig.sim.advance(2_000);
  assert.equal(ends, [['/one', 'never-existed']]);
});

test('a lost farewell comes later, and a new actor of that name is not taken for the old', async () => {
  const { rig, b, actor, to, watch, ends } = await pair();
  const one = actor('one');
  watch(to('/one'));
  await rig.settle();
  b.bus.decide = () => 'drop';
  void stop(one);
  await rig.settle();
  b.bus.decide = () => 'pass';
  actor('one');
  await rig.sim.advance(2_000);
  assert.equal(ends, [['/one', 'stopped']]);
  await rig.sim.advance(10_000);
  assert.is(ends.length, 1);
});
