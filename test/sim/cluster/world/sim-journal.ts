/** The journal of a cluster as a node reaches it: with the store's delays, losses and lost answers. */
import type { JournalEvent, JournalPort } from '../../../../runtime/kernel/ports/journal.ts';
import type { FaultStore } from '../../../cluster/leases/fault-store.ts';
import type { NodeClock } from '../../../cluster/leases/node-clock.ts';

/** Port of one process. */
export function simJournal(store: FaultStore, clock: NodeClock, inner: JournalPort): JournalPort {
  const call = <T>(work: () => Promise<T>): Promise<T> => store.call(clock, work);
  return {
    append: (key, events, options) => call(() => inner.append(key, events, options)),
    read: (key, afterSequence) => spread(call(() => gathered(inner.read(key, afterSequence)))),
    latestSnapshot: (key) => call(() => inner.latestSnapshot(key)),
    saveSnapshot: (snapshot) => call(() => inner.saveSnapshot(snapshot)),
    keys: (prefix) => spread(call(() => gathered(inner.keys(prefix)))),
    forget: (key) => call(() => inner.forget(key)),
    close: async () => {},
  };
}

async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* spread<T extends JournalEvent | string>(items: Promise<T[]>): AsyncGenerator<T> {
  yield* await items;
}
