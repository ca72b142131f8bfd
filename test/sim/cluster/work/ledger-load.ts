/** Appends from all nodes to the one log, and what was acknowledged of them. */
import { setImmediate } from 'node:timers/promises';
import { toWitanError } from '../../../../contracts/errors.ts';
import type { LedgerReceipt } from '../../../../runtime/kernel/ports/ledger.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';

/** How an append may fail; anything else is a fault. */
const KNOWN: ReadonlySet<string> = new Set([
  'unavailable',
  'storage_failed',
  'overloaded',
  'stopped',
  'stale_writer',
]);

/** The load of one world. */
export class LedgerLoad {
  readonly #world: ClusterWorld;
  readonly #acknowledged = new Map<number, string>();
  #highest = 0;
  #number = 0;

  constructor(world: ClusterWorld) {
    this.#world = world;
  }

  /** Appends one entry. */
  async append(node: ClusterNode): Promise<void> {
    const { record } = this.#world;
    const isWriter = node.log.writing() !== undefined;
    const number = (this.#number += 1);
    try {
      const payload = { number, text: 'x'.repeat(this.#world.random.below(120)) };
      const receipt = await node.ledger.append({ kind: 'event', tenant: 'acme', payload });
      this.#note(receipt, isWriter ? node.log.writing() : undefined);
      record.trace.note('appended', node.name, number, receipt.index);
    } catch (error) {
      const { code, message } = toWitanError(error);
      record.count(`appends ${code}`);
      if (!KNOWN.has(code)) record.broken('comes-to-rest', `an append failed with ${code}: ${message}`);
    }
  }

  /** Signs a head. */
  async sign(node: ClusterNode): Promise<void> {
    await node.ledger.checkpoint().catch(() => undefined);
  }

  /** Entries that were acknowledged, by index. */
  get acknowledged(): ReadonlyMap<number, string> {
    return this.#acknowledged;
  }

  /** Notes an acknowledged entry, also of others. */
  noteEntry(index: number, leafHash: string): void {
    const before = this.#acknowledged.get(index);
    if (before !== undefined && before !== leafHash)
      this.#world.record.broken('acknowledged-survives', `two entries were acknowledged at ${index}`);
    this.#acknowledged.set(index, leafHash);
  }

  /** Compares the copies with what was acknowledged, and with the signed heads. */
  async judge(nodes: readonly ClusterNode[]): Promise<void> {
    const { record, signed } = this.#world;
    const copies = nodes.filter(({ replica }) => replica !== undefined);
    for (const { name, replica } of copies) {
      const { local } = replica!;
      for (const [index, leafHash] of this.#acknowledged) {
        const entry = index < local.size() ? await local.entry(index) : undefined;
        if (entry?.leafHash !== leafHash) {
          record.broken('acknowledged-survives', `${name} has another entry, or none, at ${index}`);
          break;
        }
      }
    }
    const [first] = copies;
    for (const [size, { root, node }] of signed) {
      if (!first || size > first.replica!.local.size()) {
        record.broken('heads-agree', `${node} signed a head of ${size}, which nobody has`);
        continue;
      }
      const own = Buffer.from(await first.replica!.root(size), 'hex').toString('base64');
      if (own !== root) record.broken('heads-agree', `${node} signed another root at ${size}`);
    }
    await setImmediate();
  }

  #note({ index, leafHash }: LedgerReceipt, generation: number | undefined): void {
    const { record } = this.#world;
    record.count('appends acknowledged');
    this.noteEntry(index, leafHash);
    if (generation === undefined) return;
    if (generation < this.#highest)
      record.broken('one-writer', `generation ${generation} acknowledged after ${this.#highest}`);
    this.#highest = Math.max(this.#highest, generation);
  }
}
