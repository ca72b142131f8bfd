/** Tells and asks between processes: numbered, so that whatever is lost, doubled or mixed up shows. */
import { toWitanError } from '../../../../contracts/errors.ts';
import { askAgain } from '../../../../cluster/remote/ask-again.ts';
import { query, spawnStateless } from '../../../../runtime/kernel/index.ts';
import type { ActorRef } from '../../../../runtime/kernel/index.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

interface Tell {
  readonly from: string;
  readonly number: number;
}

interface Question {
  readonly number: number;
  /** It comes again where no answer does. */
  readonly isRepeatable: boolean;
  /** It is answered twice, and the second answer is nobody's. */
  readonly isTwice: boolean;
  readonly replyTo: ActorRef<number>;
}

interface Asked {
  readonly endsMs: number;
  handled: number;
  isOpen: boolean;
}

/** Time of an ask, and what may go by beyond it, ms. */
const ASK_MS = 1_200;
const GRACE_MS = 50;

/** Talk of one world. */
export class Talk {
  readonly #world: ClusterWorld;
  readonly #asked = new Map<number, Asked & { readonly process: number }>();
  readonly #last = new Map<string, number>();
  readonly #handled = new Set<string>();
  #number = 0;

  constructor(world: ClusterWorld) {
    this.#world = world;
  }

  /** Spawns the listeners of a process. */
  furnish(node: ClusterNode): void {
    spawnStateless<Tell>(node.system, (tell) => this.#told(node, tell), 'sink');
    spawnStateless<Question>(
      node.system,
      (question, ctx) => this.#questioned(question, ctx.envelope.messageId),
      'echo',
    );
  }

  /** Sends a few tells; gives their numbers. */
  tell(node: ClusterNode, to: string, count: number): number[] {
    const remoting = node.run?.remoting;
    if (!remoting) return [];
    const sink = remoting.ref<Tell>(to, '/sink');
    return Array.from({ length: count }, () => {
      const number = (this.#number += 1);
      sink.tell({ from: this.#runOf(node), number });
      this.#world.record.count('tells sent');
      return number;
    });
  }

  /** Asks a node; with an id it may be repeated. */
  async ask(node: ClusterNode, to: string, kind: { isRepeatable: boolean; isTwice: boolean }): Promise<void> {
    const { record, nowMs, plant } = this.#world;
    const remoting = node.run?.remoting;
    if (!remoting) return;
    const number = (this.#number += 1);
    const asked = { endsMs: nowMs + ASK_MS / node.machine.rate, handled: 0, isOpen: true };
    this.#asked.set(number, { ...asked, process: node.process });
    const ref = remoting.ref<Question>(to, '/echo');
    const make = (replyTo: ActorRef<number>): Question => ({ number, replyTo, ...kind });
    record.count('asks');
    try {
      const answer = await (kind.isRepeatable || plant?.repeatsAsks
        ? askAgain<Question, number>(ref, make, {
            ...{ system: node.system, remoting, timeoutMs: ASK_MS, attemptMs: 300 },
            idempotencyId: `ask-${number}`,
          })
        : query<Question, number>(ref, make, { timeoutMs: ASK_MS, via: node.system }));
      record.count('asks answered');
      if (answer !== number) record.broken('asks-once', `the ask ${number} got the answer of ${answer}`);
    } catch (error) {
      record.count(`asks ${toWitanError(error).code}`);
    }
    this.#asked.get(number)!.isOpen = false;
  }

  /** Asks of living processes that should have ended. */
  judgeOpen(): void {
    const { nowMs, record, processes } = this.#world;
    for (const [number, { isOpen, endsMs, process }] of this.#asked) {
      const node = processes[process - 1]!;
      if (isOpen && node.isAlive && !node.clock.isPaused && nowMs > endsMs + GRACE_MS)
        record.broken('asks-once', `the ask ${number} of ${node.name} has not ended in its time`);
    }
  }

  /** Which of these tells were handled. */
  handled(numbers: readonly number[]): number {
    return numbers.filter((number) => this.#handled.has(String(number))).length;
  }

  #told(node: ClusterNode, { from, number }: Tell): void {
    const { record } = this.#world;
    record.count('tells handled');
    const way = `${from} to ${this.#runOf(node)}`;
    const last = this.#last.get(way) ?? 0;
    if (number <= last) record.broken('tells-in-order', `${way}: ${number} came after ${last}`);
    if (this.#handled.has(String(number))) record.broken('tells-in-order', `${way}: ${number} came twice`);
    this.#last.set(way, Math.max(number, last));
    this.#handled.add(String(number));
  }

  #questioned({ number, isRepeatable, isTwice, replyTo }: Question, messageId: string): void {
    const { record } = this.#world;
    const asked = this.#asked.get(number)!;
    asked.handled += 1;
    if (asked.handled > 1 && !isRepeatable)
      record.broken('asks-once', `the ask ${number} without an id was handled ${asked.handled} times`);
    if (isRepeatable && messageId !== `ask-${number}`)
      record.broken('asks-once', `the ask ${number} came under the id ${messageId}`);
    replyTo.tell(number);
    if (isTwice) replyTo.tell(-number);
  }

  #runOf(node: ClusterNode): string {
    return `${node.name}.${node.run?.incarnation ?? 'none'}`;
  }
}
