/** The work queue of a cluster as a node reaches it: with the store's delays, losses and lost answers. */
import type { WorkItem, WorkQueuePort } from '../../../../runtime/kernel/ports/work-queue.ts';
import type { FaultStore } from '../../../cluster/leases/fault-store.ts';
import type { NodeClock } from '../../../cluster/leases/node-clock.ts';

/** Less than a client waits for an answer, ms. */
const TAKE_MAX_MS = 700;

/** Port of one process. */
export function simQueue(store: FaultStore, clock: NodeClock, inner: WorkQueuePort): WorkQueuePort {
  const call = <T>(work: () => Promise<T>): Promise<T> => store.call(clock, work);
  const reached = (item: WorkItem): WorkItem => ({
    id: item.id,
    queue: item.queue,
    data: item.data,
    deliveryCount: item.deliveryCount,
    ack: () => call(() => item.ack()),
    nack: (delayMs) => call(() => item.nack(delayMs)),
    reject: (reason) => call(() => item.reject(reason)),
    extend: () => call(() => item.extend()),
  });
  return {
    declare: (queue, options) => call(() => inner.declare(queue, options)),
    put: (queue, data, options) => call(() => inner.put(queue, data, options)),
    take: async (queue, { waitMs }) => {
      const item = await call(() => inner.take(queue, { waitMs: Math.min(waitMs, TAKE_MAX_MS) }));
      return item && reached(item);
    },
    depth: (queue) => call(() => inner.depth(queue)),
    poison: (queue) => call(() => inner.poison(queue)),
    replay: (queue, id) => call(() => inner.replay(queue, id)),
    drop: (queue, id) => call(() => inner.drop(queue, id)),
    close: async () => {},
  };
}
