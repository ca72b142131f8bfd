import { assert, suite } from '../../../test/harness.ts';
import { Simulation, spawn, spawnStateless, start } from '../index.ts';
import type { ActorContext, ActorRef, AnyRef, Signal } from '../index.ts';

const test = suite('death watch');

type Command = { watch?: AnyRef; unwatch?: AnyRef; boom?: true };

function rig() {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  const ends: string[] = [];
  const watcher = spawn(
    system,
    (_: undefined, command: Command, ctx: ActorContext<Command>) => {
      const { watch, unwatch, boom } = command;
      if (watch) ctx.watch(watch);
      if (unwatch) ctx.unwatch(unwatch);
      if (boom) throw new Error('boom');
      return undefined;
    },
    'watcher',
    {
      onCrash: () => 'reset',
      onSignal: (state, signal: Signal) => {
        if (signal.kind === 'terminated') ends.push(`${signal.ref.path} ${signal.reason}`);
        return state;
      },
    },
  );
  const target = (name = 'target'): ActorRef<string> =>
    spawnStateless(
      system,
      (message: string) => {
        if (message === 'boom') throw new Error('boom');
      },
      name,
      { onCrash: (message) => (message === 'boom' ? 'stop' : 'reset') },
    );
  return { sim, system, ends, watcher, target };
}

test('exactly one terminated per watch, with the reason', async () => {
  for (const [end, reason] of [
    ['boom', 'crashed'],
    [undefined, 'stopped'],
  ] as const) {
    const { sim, system, ends, watcher, target } = rig();
    const watched = target();
    watcher.tell({ watch: watched });
    watcher.tell({ watch: watched });
    await sim.runUntilIdle();
    assert.is(system.inspect('/target')[0]!.watcherCount, 1);
    if (end) watched.tell(end);
    else await sim.until(system.stopActor('/target'));
    await sim.runUntilIdle();
    assert.equal(ends, [`/target ${reason}`]);
  }
});

test('an actor that is already gone is terminated at once; each new watch gets one more', async () => {
  const { sim, system, ends, watcher, target } = rig();
  const watched = target();
  await sim.until(system.stopActor('/target'));
  for (let round = 0; round < 2; round += 1) {
    watcher.tell({ watch: watched });
    await sim.runUntilIdle();
  }
  watcher.tell({ watch: system.resolve('/never') });
  await sim.runUntilIdle();
  assert.equal(ends, ['/target stopped', '/target stopped', '/never never-existed']);
});

test('watches survive restarts of both sides', async () => {
  const { sim, system, ends, watcher, target } = rig();
  const watched = target();
  watcher.tell({ watch: watched });
  await sim.runUntilIdle();
  watcher.tell({ boom: true });
  system.restart('/target');
  await sim.runUntilIdle();
  assert.equal(ends, []);
  watched.tell('boom');
  await sim.runUntilIdle();
  assert.equal(ends, ['/target crashed']);
});

test('an unwatch takes back even a terminated that is on its way', async () => {
  const { sim, system, ends, watcher, target } = rig();
  const [one, two] = [target('one'), target('two')];
  watcher.tell({ watch: one });
  watcher.tell({ watch: two });
  await sim.runUntilIdle();
  watcher.tell({ unwatch: two });
  await sim.until(system.stopActor('/one'));
  await sim.until(system.stopActor('/two'));
  assert.equal(ends, ['/one stopped']);
});

test('two actors may watch each other and both end; a watcher that is gone gets nothing', async () => {
  const { sim, system } = rig();
  const ends: string[] = [];
  const watch = (state: undefined, ref: AnyRef, ctx: ActorContext<AnyRef>): undefined => {
    ctx.watch(ref);
    return state;
  };
  const peer = (name: string): ActorRef<AnyRef> =>
    spawn(system, watch, name, {
      onSignal: (state, signal) => {
        if (signal.kind === 'terminated') ends.push(`${name} saw ${signal.ref.name}`);
        return state;
      },
    });
  const [left, right] = [peer('left'), peer('right')];
  left.tell(right);
  right.tell(left);
  await sim.runUntilIdle();
  await sim.until(system.stopActor('/left'));
  await sim.until(system.stopActor('/right'));
  assert.equal(ends, ['right saw left']);
});

test('a terminated goes ahead of user messages, but waits for an open handler', async () => {
  const { sim, system } = rig();
  const log: string[] = [];
  const target = spawnStateless(system, () => {}, 'short');
  const watcher = spawn(
    system,
    async (_: undefined, message: string, ctx: ActorContext<string>) => {
      if (message === 'watch') ctx.watch(target);
      log.push(message);
      if (message === 'slow') {
        await new Promise<void>((done) => sim.clock.setTimer(10, done));
        log.push('slow done');
      }
      return undefined;
    },
    'w',
    { onSignal: (state, signal) => void log.push(signal.kind) as typeof state },
  );
  for (const message of ['watch', 'slow', 'after']) watcher.tell(message);
  await sim.runUntilIdle();
  await sim.until(system.stopActor('/short'));
  await sim.advance(20);
  assert.equal(log, ['watch', 'slow', 'slow done', 'terminated', 'after']);
});
