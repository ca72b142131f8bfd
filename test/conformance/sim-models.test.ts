/** The models of the cluster simulator, faults off, against the suites that real servers have to pass. */
import { setImmediate } from 'node:timers/promises';
import { SeededRandom, SimClock } from '../../runtime/kernel/index.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { FaultStore } from '../cluster/leases/fault-store.ts';
import { NodeClock } from '../cluster/leases/node-clock.ts';
import { simJournal } from '../sim/cluster/world/sim-journal.ts';
import { NO_LINKS, SimBroker } from '../sim/cluster/world/sim-broker.ts';
import { busConformance } from './bus.ts';
import { journalConformance } from './journal.ts';
import { kvConformance } from './kv.ts';

/** Simulated time that passes by itself, as fast as it can, until it is stopped. */
function running() {
  const sim = new SimClock();
  const clock = new NodeClock(sim);
  let isOver = false;
  const run = async (): Promise<void> => {
    while (!isOver) {
      sim.fireNext();
      await setImmediate();
    }
  };
  void run();
  const pass = async (ms: number): Promise<void> => {
    const untilMs = sim.monotonicMs() + ms;
    sim.setTimer(ms, () => undefined);
    while (sim.monotonicMs() < untilMs) await setImmediate();
  };
  return { sim, clock, pass, stop: () => (isOver = true) };
}

kvConformance('simulated cluster', async () => {
  const { sim, clock, pass, stop } = running();
  const store = new FaultStore(sim, new SeededRandom(1));
  const port = { ...store.port(clock), close: () => store.inner.close() };
  const end = async (): Promise<void> => {
    stop();
    await store.inner.close();
  };
  return { port, pass, end };
});

journalConformance('simulated cluster', async () => {
  const { sim, clock, pass, stop } = running();
  const store = new FaultStore(sim, new SeededRandom(1));
  const inner = new MemoryJournal(sim);
  const port = { ...simJournal(store, clock, inner), close: () => inner.close() };
  const end = async (): Promise<void> => {
    stop();
    await inner.close();
  };
  return { port, pass, end };
});

busConformance('simulated cluster', async () => {
  const { sim, clock, pass, stop } = running();
  const errors: unknown[] = [];
  const broker = new SimBroker(sim, new SeededRandom(1), errors);
  Object.assign(broker.troubles, NO_LINKS);
  const port = broker.port('a', clock);
  const end = async (): Promise<void> => {
    stop();
    await port.close();
  };
  return { port, pass, end, errors };
});
