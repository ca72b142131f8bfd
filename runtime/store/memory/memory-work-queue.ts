/** Work queues in memory: leases, redelivery, poison and replay on the injected clock. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PoisonItem, WorkItem, WorkQueueOptions, WorkQueuePort } from '../../kernel/ports/work-queue.ts';
import { PortLife } from '../port-life.ts';
import { WorkLane } from './work-lane.ts';

/** {@link WorkQueuePort} that lives as long as the object. */
export class MemoryWorkQueue implements WorkQueuePort {
  readonly #clock: Clock;
  readonly #life = new PortLife('work queue');
  readonly #lanes = new Map<string, WorkLane>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async declare(queue: string, options: WorkQueueOptions = {}): Promise<void> {
    this.#life.assertOpen();
    const lane = this.#lanes.get(queue);
    if (lane) lane.configure(options);
    else this.#lanes.set(queue, new WorkLane(queue, this.#clock, options));
  }

  async put(queue: string, data: Uint8Array, options: { id: string }): Promise<void> {
    this.#lane(queue).put(options.id, data.slice());
  }

  async take(
    queue: string,
    options: { waitMs: number; signal?: AbortSignal },
  ): Promise<WorkItem | undefined> {
    return this.#lane(queue).take(options.waitMs, options.signal);
  }

  async depth(queue: string): Promise<number> {
    return this.#lane(queue).depth;
  }

  async poison(queue: string): Promise<PoisonItem[]> {
    return this.#lane(queue).poisoned();
  }

  async replay(queue: string, id: string): Promise<void> {
    this.#lane(queue).replay(id);
  }

  async drop(queue: string, id: string): Promise<void> {
    this.#lane(queue).drop(id);
  }

  async close(): Promise<void> {
    if (!this.#life.close()) return;
    for (const lane of this.#lanes.values()) lane.close();
  }

  #lane(queue: string): WorkLane {
    this.#life.assertOpen();
    const lane = this.#lanes.get(queue);
    if (!lane) throw new WitanError('not_found', `the queue ${queue} is not declared`);
    return lane;
  }
}
