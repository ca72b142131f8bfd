/**
 * LedgerPort of a node with a copy: appends go to the writer, which may be this node; reads come from the
 * copy.
 *
 * Reads may lag behind what was acknowledged elsewhere. What an append of this node left open is asked of the
 * writer, until the writer has said what became of it.
 */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { RecordProof } from '../../../contracts/messages/proof.ts';
import { WireCheckpoint } from '../../../contracts/messages/cluster/log-wire.ts';
import type {
  LedgerCheckpoint,
  LedgerEntry,
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
  WriterTerm,
} from '../../../runtime/kernel/ports/ledger.ts';
import type { LogReplica } from '../../../runtime/kernel/ports/cluster/log-replica.ts';
import type { LogWriter } from '../writer/log-writer.ts';
import type { LogClient } from './log-client.ts';
import type { LogReads } from './log-reads.ts';
import { entriesOf } from './wire-entries.ts';

/** Settings of a {@link ReplicatedLedger}. */
export interface ReplicatedLedgerOptions {
  readonly replica: LogReplica;
  readonly reads: LogReads;
  readonly client: LogClient;
  /** The writer, while it is this node. */
  readonly writer: () => LogWriter | undefined;
  /** Ends the node's part in the log. */
  readonly close: () => Promise<void>;
}

const MAX_OPEN_DECISIONS = 10_000;

/** See the head of the file. */
export class ReplicatedLedger implements LedgerPort {
  readonly logId: string;
  readonly #options: ReplicatedLedgerOptions;
  /** Decisions with an append whose outcome this node does not know, oldest first. */
  readonly #uncertain = new Set<string>();
  #closing: Promise<void> | undefined;
  #openCount = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: ReplicatedLedgerOptions) {
    this.logId = options.replica.logId;
    this.#options = options;
  }

  /** See LedgerPort. */
  append(input: LedgerEntryInput, term: WriterTerm = {}): Promise<LedgerReceipt> {
    if (this.#closing) return Promise.reject(new WitanError('storage_failed', 'the log is closed'));
    const { writer, client } = this.#options;
    const own = writer();
    const appended = own ? own.append(input, term) : client.append(input, term);
    this.#openCount += 1;
    return appended
      .catch((error: unknown) => {
        if (toWitanError(error).code === 'unavailable') this.#note(input.decisionId);
        throw error;
      })
      .finally(() => {
        this.#openCount -= 1;
        if (this.#openCount === 0) for (const done of this.#onIdle.splice(0)) done();
      });
  }

  /** See LedgerPort. @throws unavailable where an append is open and the writer does not answer */
  async byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    const { writer, client, reads } = this.#options;
    const own = writer();
    if (own) {
      const { entries, last } = await reads.byDecision(decisionId);
      if (last < own.committed) return entries;
      await own.until(last);
      return (await reads.byDecision(decisionId)).entries;
    }
    if (!this.#uncertain.has(decisionId)) return (await reads.byDecision(decisionId)).entries;
    const { body } = await client.ask({ type: 'by-decision', decisionId });
    this.#uncertain.delete(decisionId);
    return entriesOf(body);
  }

  /** See LedgerPort. */
  entry(index: number): Promise<LedgerEntry | undefined> {
    return this.#options.reads.entry(index);
  }

  /** See LedgerPort. */
  read(fromIndex: number): AsyncIterable<LedgerEntry> {
    return this.#options.reads.read(fromIndex);
  }

  /** See LedgerPort. */
  size(): number {
    return this.#options.reads.size();
  }

  /**
   * Newest signed head: made here where this node writes, else asked of the writer.
   * @throws unavailable when neither is to be had and none is kept here
   */
  async checkpoint(): Promise<LedgerCheckpoint> {
    const { writer, replica, client } = this.#options;
    if (writer()) return replica.local.checkpoint();
    const kept = replica.kept();
    if (kept && kept.size >= this.size()) return kept;
    try {
      const { reply } = await client.ask({ type: 'checkpoint' });
      return WireCheckpoint.parse((reply as { checkpoint: unknown }).checkpoint);
    } catch (error) {
      // A log without a writer is still read, and proved as far as it was signed.
      if (kept) return kept;
      throw error;
    }
  }

  /** See LedgerPort. @throws not_found, unavailable */
  async proof(index: number): Promise<RecordProof> {
    const { writer, replica, client } = this.#options;
    if (index >= this.size() || !Number.isSafeInteger(index) || index < 0)
      throw new WitanError('not_found', `the log has no entry ${index}`, {
        index,
        acknowledged: this.size(),
      });
    if (writer()) return replica.local.proof(index);
    const checkpoint = await this.#headOver(index);
    if (checkpoint.size <= replica.local.size()) return replica.prove(index, checkpoint);
    return RecordProof.parse(
      JSON.parse(new TextDecoder().decode((await client.ask({ type: 'proof', index })).body)),
    );
  }

  /** See LedgerPort. */
  inclusion(index: number, size: number): Promise<string[]> {
    return this.#options.reads.inclusion(index, size);
  }

  /** See LedgerPort. */
  consistency(fromSize: number, toSize: number): Promise<string[]> {
    return this.#options.reads.consistency(fromSize, toSize);
  }

  /** See LedgerPort. */
  tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#options.reads.tile(level, index, width);
  }

  /** Settles what is under way and ends the node's part in the log. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** A signed head that covers an entry. @throws unavailable */
  async #headOver(index: number): Promise<LedgerCheckpoint> {
    const kept = this.#options.replica.kept();
    if (kept && kept.size > index) return kept;
    const newest = await this.checkpoint();
    if (newest.size > index) return newest;
    const details = { index, size: newest.size };
    throw new WitanError('unavailable', `no signed head covers entry ${index} yet`, details);
  }

  async #close(): Promise<void> {
    if (this.#openCount > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    await this.#options.close();
  }

  #note(decisionId: string | undefined): void {
    if (decisionId === undefined) return;
    this.#uncertain.add(decisionId);
    if (this.#uncertain.size <= MAX_OPEN_DECISIONS) return;
    const [oldest] = this.#uncertain;
    this.#uncertain.delete(oldest!);
  }
}
