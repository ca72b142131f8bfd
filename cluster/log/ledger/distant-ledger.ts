/** LedgerPort of a node without a copy: everything goes over the bus, to the writer. */
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { RecordProof } from '../../../contracts/messages/proof.ts';
import { WireCheckpoint, type LogAsk } from '../../../contracts/messages/cluster/log-wire.ts';
import type {
  LedgerCheckpoint,
  LedgerEntry,
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
  WriterTerm,
} from '../../../runtime/kernel/ports/ledger.ts';
import type { LogClient } from './log-client.ts';
import { entriesOf } from './wire-entries.ts';

/** Settings of a {@link DistantLedger}. */
export interface DistantLedgerOptions {
  readonly logId: string;
  readonly client: LogClient;
  /** Entries that are acknowledged, as far as this node heard. */
  readonly committed: () => number;
  readonly close: () => Promise<void>;
}

const ENTRIES_AT_ONCE = 256;

/** See the head of the file. */
export class DistantLedger implements LedgerPort {
  readonly logId: string;
  readonly #options: DistantLedgerOptions;
  #closing: Promise<void> | undefined;

  constructor(options: DistantLedgerOptions) {
    this.logId = options.logId;
    this.#options = options;
  }

  /** See LedgerPort. */
  append(input: LedgerEntryInput, term: WriterTerm = {}): Promise<LedgerReceipt> {
    return this.#options.client.append(input, term);
  }

  /** See LedgerPort. */
  async byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    return entriesOf(await this.#bytes({ type: 'by-decision', decisionId }));
  }

  /** See LedgerPort. */
  async entry(index: number): Promise<LedgerEntry | undefined> {
    if (!Number.isSafeInteger(index) || index < 0) return undefined;
    return (await this.#run(index, 1))[0];
  }

  /** See LedgerPort. */
  async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    const first = await this.#run(Math.max(0, fromIndex), ENTRIES_AT_ONCE);
    const end = this.size();
    for (let run = first; run.length > 0;) {
      for (const entry of run) if (entry.index < end) yield entry;
      const next = run.at(-1)!.index + 1;
      run = next < end ? await this.#run(next, ENTRIES_AT_ONCE) : [];
    }
  }

  /** Entries at the last answer of the writer, or as the cell says: it may lag. */
  size(): number {
    return this.#options.committed();
  }

  /** See LedgerPort. */
  async checkpoint(): Promise<LedgerCheckpoint> {
    const { reply } = await this.#options.client.ask({ type: 'checkpoint' });
    return WireCheckpoint.parse((reply as { checkpoint: unknown }).checkpoint);
  }

  /** See LedgerPort. */
  async proof(index: number): Promise<RecordProof> {
    if (!Number.isSafeInteger(index) || index < 0)
      throw new WitanError('not_found', `the log has no entry ${index}`, { index });
    return RecordProof.parse(
      JSON.parse(new TextDecoder().decode(await this.#bytes({ type: 'proof', index }))),
    );
  }

  /** See LedgerPort. */
  inclusion(index: number, size: number): Promise<string[]> {
    return this.#path({ type: 'inclusion', index, size });
  }

  /** See LedgerPort. */
  consistency(fromSize: number, toSize: number): Promise<string[]> {
    return this.#path({ type: 'consistency', fromSize, toSize });
  }

  /** See LedgerPort. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return (await this.#bytes({ type: 'tile', level, index, width })).slice();
  }

  /** Settles what is under way. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#options.client.close().then(() => this.#options.close());
    return this.#closing;
  }

  async #run(from: number, most: number): Promise<LedgerEntry[]> {
    return entriesOf(await this.#bytes({ type: 'read', from, most }));
  }

  async #bytes(ask: LogAsk): Promise<Uint8Array> {
    return (await this.#options.client.ask(ask)).body;
  }

  async #path(ask: LogAsk): Promise<string[]> {
    const { reply } = await this.#options.client.ask(ask);
    return (reply as { path: string[] }).path;
  }
}
