/**
 * What a node with a copy shows of it: nothing that is not acknowledged.
 *
 * What is acknowledged is never cut, so a read into which a cut falls is made again on the copy as it is
 * then.
 */
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { LedgerEntry, LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import type { LogReplica } from '../../../runtime/kernel/ports/cluster/log-replica.ts';

const TILE_WIDTH = 256;

/** See the head of the file. */
export class LogReads {
  readonly #replica: LogReplica;
  readonly #committed: () => number;

  constructor(replica: LogReplica, committed: () => number) {
    this.#replica = replica;
    this.#committed = committed;
  }

  /** Entries that are acknowledged. */
  size(): number {
    return this.#committed();
  }

  /** Entries of a decision, those apart that are not acknowledged. */
  async byDecision(decisionId: DecisionId): Promise<{ entries: LedgerEntry[]; last: number }> {
    const all = await this.#whole((local) => local.byDecision(decisionId));
    const entries = all.filter(({ index }) => index < this.#committed());
    return { entries, last: all.at(-1)?.index ?? -1 };
  }

  /** See LedgerPort. */
  async entry(index: number): Promise<LedgerEntry | undefined> {
    return index < this.#committed() ? this.#whole((local) => local.entry(index)) : undefined;
  }

  /** See LedgerPort. */
  async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    const end = this.#committed();
    let next = fromIndex;
    while (next < end) {
      const local = await this.#replica.opened();
      try {
        for await (const entry of local.read(next)) {
          if (entry.index >= end) return;
          yield entry;
          next = entry.index + 1;
        }
        return;
      } catch (error) {
        if (this.#isOpen(local)) throw error;
      }
    }
  }

  /** See LedgerPort. */
  async inclusion(index: number, size: number): Promise<string[]> {
    this.#check(size);
    return this.#whole((local) => local.inclusion(index, size));
  }

  /** See LedgerPort. */
  async consistency(fromSize: number, toSize: number): Promise<string[]> {
    this.#check(toSize);
    return this.#whole((local) => local.consistency(fromSize, toSize));
  }

  /** See LedgerPort. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    const end = (index * TILE_WIDTH + width) * TILE_WIDTH ** level;
    if (Number.isSafeInteger(end)) this.#check(end);
    return this.#whole((local) => local.tile(level, index, width));
  }

  async #whole<T>(read: (local: LedgerPort) => Promise<T>): Promise<T> {
    for (;;) {
      const local = await this.#replica.opened();
      try {
        return await read(local);
      } catch (error) {
        if (this.#isOpen(local)) throw error;
      }
    }
  }

  /** Whether no cut has closed it since. */
  #isOpen(local: LedgerPort): boolean {
    try {
      return this.#replica.local === local;
    } catch {
      return false;
    }
  }

  #check(size: number): void {
    if (size <= this.#committed()) return;
    const acknowledged = this.#committed();
    const details = { asked: size, acknowledged };
    throw new WitanError('not_found', `the log has ${acknowledged} entries, not ${size}`, details);
  }
}
