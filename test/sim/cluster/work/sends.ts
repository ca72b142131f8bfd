/** Durable sends to accounts: what a sender was told is sent arrives, once, whoever dies on the way. */
import { DurableSender } from '../../../../cluster/durable/durable-sender.ts';
import { DurableTaker } from '../../../../cluster/durable/durable-taker.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { MemoryWorkQueue } from '../../../../runtime/store/memory/memory-work-queue.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { simQueue } from '../world/sim-queue.ts';
import type { Accounts } from './accounts.ts';

const QUEUE = 'accounts';
const ACK_WAIT_MS = 2_000;
const TERMS = { maxDeliveries: 60, firstMs: 200, maxMs: 2_000 };

/** Durable sends of one world. */
export class Sends {
  readonly #world: ClusterWorld;
  readonly #accounts: Accounts;
  readonly #queue: MemoryWorkQueue;
  readonly #parts = new Map<ClusterNode, { readonly sender: DurableSender; readonly taker: DurableTaker }>();
  readonly #declared: Promise<void>;

  constructor(world: ClusterWorld, accounts: Accounts) {
    this.#world = world;
    this.#accounts = accounts;
    this.#queue = new MemoryWorkQueue(world.sim.clock);
    this.#declared = this.#queue.declare(QUEUE, {
      ackWaitMs: ACK_WAIT_MS,
      maxDeliveries: TERMS.maxDeliveries,
    });
  }

  /** Gives a process its sender and its taker. */
  furnish(node: ClusterNode): void {
    const { clock, name } = node;
    const queue = simQueue(this.#world.store, clock, this.#queue);
    const shared = { queue, queueName: QUEUE, clock };
    const sender = new DurableSender({ ...shared, node: name, random: node.random.fork(), sendMs: 10_000 });
    const taker = new DurableTaker({
      ...shared,
      random: node.random.fork(),
      concurrency: 2,
      ackWaitMs: ACK_WAIT_MS,
      terms: TERMS,
      mayTake: () => node.isServing,
      deliver: async ({ id, to, message }) => {
        this.#world.record.count('sends delivered');
        if (typeof message !== 'number') throw new WitanError('invalid_argument', 'no amount');
        await this.#accounts.apply(node, to, { change: id, amount: message });
      },
    });
    taker.start();
    this.#parts.set(node, { sender, taker });
  }

  /** Sends a change; from the moment on in which it is sent, it must arrive. */
  async send(
    node: ClusterNode,
    to: string,
    { change, amount }: { change: string; amount: number },
  ): Promise<void> {
    const { record } = this.#world;
    await this.#declared;
    try {
      await this.#parts.get(node)!.sender.send({ id: change, to, message: amount });
      this.#accounts.expect(to, { change, amount });
      record.count('sends taken');
      record.trace.note('sent', to, change);
    } catch {
      // Whether it arrives is open: once at most it may.
      record.count('sends unknown');
    }
  }

  /** Hands over what a process has in hand. */
  async drain(node: ClusterNode): Promise<void> {
    await this.#parts.get(node)?.taker.stop();
  }

  /** Messages that wait here or in the queue, or are held. */
  async depth(): Promise<number> {
    const living = [...this.#parts].filter(([node]) => node.isAlive);
    const waiting = living.reduce((sum, [, { sender }]) => sum + sender.waitingCount, 0);
    return waiting + (await this.#queue.depth(QUEUE));
  }

  /** Messages that nobody could handle. */
  async deadCount(): Promise<number> {
    return (await this.#queue.poison(QUEUE)).length;
  }
}
