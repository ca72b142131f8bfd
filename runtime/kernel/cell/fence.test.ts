import { assert, suite } from '../../../test/harness.ts';
import { Simulation, spawn, start } from '../index.ts';

const test = suite('fence');

test('without the lease no slice runs; the actor is told once; with the lease it goes on', async () => {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  let held = true;
  const log: string[] = [];
  const actor = spawn(system, (_: undefined, message: string) => void log.push(message) as undefined, 'a', {
    fence: { generation: 7, isHeld: () => held },
    onSignal: (state, signal) => void log.push(`${signal.kind}`) as typeof state,
  });
  actor.tell('one');
  await sim.runUntilIdle();
  held = false;
  actor.tell('two');
  actor.tell('three');
  await sim.advance(500);
  assert.equal(log, ['one', 'lease-lost']);
  assert.is(system.inspect('/a')[0]!.lifecycle, 'suspended');
  held = true;
  system.recheckFence('/a');
  await sim.runUntilIdle();
  assert.equal(log, ['one', 'lease-lost', 'two', 'three']);
});

test('a renewed lease is noticed by itself; a fence that throws is not held', async () => {
  const sim = new Simulation(1);
  const system = start({ clock: sim.clock, scheduler: sim.scheduler });
  let works = false;
  const log: string[] = [];
  const isHeld = (): boolean => {
    if (!works) throw new Error('fence');
    return true;
  };
  const actor = spawn(system, (_: undefined, message: string) => void log.push(message) as undefined, 'a', {
    fence: { generation: 1, isHeld },
  });
  actor.tell('one');
  await sim.advance(300);
  assert.equal(log, []);
  works = true;
  await sim.advance(101);
  assert.equal(log, ['one']);
});
