/** The in-process ports against the suites that every later implementation has to pass. */
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryBus } from '../../runtime/store/memory/memory-bus.ts';
import { MemoryDecisionEvents } from '../../runtime/store/memory/memory-decision-events.ts';
import { MemoryJournal } from '../../runtime/store/memory/memory-journal.ts';
import { MemoryKv } from '../../runtime/store/memory/memory-kv.ts';
import { MemoryObjectStore } from '../../runtime/store/memory/memory-object-store.ts';
import { MemoryWorkQueue } from '../../runtime/store/memory/memory-work-queue.ts';
import { advance } from '../sim-time.ts';
import { busConformance } from './bus.ts';
import { decisionEventsConformance } from './decision-events.ts';
import { journalConformance } from './journal.ts';
import { keysConformance } from './keys.ts';
import { kvConformance } from './kv.ts';
import { objectConformance } from './object.ts';
import { workQueueConformance } from './work-queue.ts';

function timed<P extends { close(): void | Promise<void> }>(make: (clock: SimClock) => P) {
  const clock = new SimClock();
  const port = make(clock);
  return { port, pass: (ms: number) => advance(clock, ms), end: async () => void (await port.close()) };
}

journalConformance('memory', async () => timed((clock) => new MemoryJournal(clock)));
kvConformance('memory', async () => timed(() => new MemoryKv()));
keysConformance('memory', async () => timed((clock) => new MemoryKeys({ clock })));
workQueueConformance('memory', async () => timed((clock) => new MemoryWorkQueue(clock)));
busConformance('memory', async () => {
  const errors: unknown[] = [];
  return { ...timed((clock) => new MemoryBus({ clock, onError: (error) => errors.push(error) })), errors };
});
objectConformance('memory', async () => {
  const fixture = timed((clock) => new MemoryObjectStore(clock));
  return { ...fixture, damage: async (key) => void (fixture.port.rawBytes(key)![0]! ^= 1) };
});
decisionEventsConformance('memory', async () => {
  const errors: unknown[] = [];
  const onSubscriberError = (error: unknown): void => void errors.push(error);
  const limits = { maxDecisions: 2, historyLimit: 4, allLagLimit: 4 };
  return { ...timed((clock) => new MemoryDecisionEvents({ clock, ...limits, onSubscriberError })), errors };
});
