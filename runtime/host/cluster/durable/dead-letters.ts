/** Messages between nodes that were given up: listed, shown, sent again, removed. */
import { readEnvelope } from '../../../../cluster/durable/durable-taker.ts';
import { DURABLE_QUEUES, durableQueue } from '../../../../contracts/cluster-names.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { DurableEnvelope } from '../../../../contracts/messages/cluster/durable.ts';
import type {
  DeadLetterContentView,
  DeadLetterName,
  DeadLettersView,
  DeadLetterView,
} from '../../../../contracts/messages/door/cluster.ts';
import type { PoisonItem, WorkQueuePort } from '../../../kernel/ports/work-queue.ts';

type QueueName = DeadLetterName['queue'];

/** Dead letters of the durable queues of one cluster. */
export class DeadLetters {
  readonly #queue: WorkQueuePort;
  readonly #cluster: string;

  constructor(queue: WorkQueuePort, cluster: string) {
    this.#queue = queue;
    this.#cluster = cluster;
  }

  /** All of them, the oldest of each queue first, and what waits. @throws unavailable */
  async list(): Promise<DeadLettersView> {
    const queues: DeadLettersView['queues'] = [];
    const items: DeadLetterView[] = [];
    for (const queue of DURABLE_QUEUES) {
      const name = durableQueue(this.#cluster, queue);
      const [waiting, dead] = await Promise.all([this.#queue.depth(name), this.#queue.poison(name)]);
      queues.push({ queue, waiting, dead: dead.length });
      items.push(...dead.map((item) => viewOf(queue, item)));
    }
    return { queues, items };
  }

  /** One with its content. @throws not_found, unavailable */
  async show({ queue, id }: DeadLetterName): Promise<DeadLetterContentView> {
    const all = await this.#queue.poison(durableQueue(this.#cluster, queue));
    const found = all.find((item) => item.id === id);
    if (!found) throw new WitanError('not_found', `there is no such dead letter in ${queue}`, { path: 'id' });
    return { ...viewOf(queue, found), message: envelopeOf(found)?.message ?? null };
  }

  /** Puts it back into its queue as new, under its id. @throws not_found, overloaded, unavailable */
  replay({ queue, id }: DeadLetterName): Promise<void> {
    return this.#queue.replay(durableQueue(this.#cluster, queue), id);
  }

  /** Removes it. @throws not_found, unavailable */
  drop({ queue, id }: DeadLetterName): Promise<void> {
    return this.#queue.drop(durableQueue(this.#cluster, queue), id);
  }
}

function viewOf(queue: QueueName, item: PoisonItem): DeadLetterView {
  const { id, reason, deliveryCount, data } = item;
  const envelope = envelopeOf(item);
  return {
    queue,
    id,
    reason,
    deliveryCount,
    sizeBytes: data.length,
    to: envelope?.to ?? null,
    from: envelope?.from ?? null,
    sentAt: envelope === undefined ? null : new Date(envelope.sentAtWallMs).toISOString(),
  };
}

function envelopeOf({ data }: PoisonItem): DurableEnvelope | undefined {
  try {
    return readEnvelope(data);
  } catch {
    return undefined;
  }
}
