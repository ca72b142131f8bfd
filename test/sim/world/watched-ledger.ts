/** Ledgers around the real one: what it acknowledged is noted, what it answers may be lost. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { RecordProof } from '../../../contracts/messages/proof.ts';
import type { Clock } from '../../../runtime/kernel/index.ts';
import type {
  LedgerCheckpoint,
  LedgerEntry,
  LedgerEntryInput,
  LedgerPort,
  LedgerReceipt,
  WriterTerm,
} from '../../../runtime/kernel/ports/ledger.ts';

/** A ledger that passes everything on; others change one method of it. */
export class LedgerAround implements LedgerPort {
  protected readonly inner: LedgerPort;

  constructor(inner: LedgerPort) {
    this.inner = inner;
  }

  get logId(): string {
    return this.inner.logId;
  }

  append(input: LedgerEntryInput, term?: WriterTerm): Promise<LedgerReceipt> {
    return this.inner.append(input, term);
  }

  byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    return this.inner.byDecision(decisionId);
  }

  entry(index: number): Promise<LedgerEntry | undefined> {
    return this.inner.entry(index);
  }

  read(fromIndex: number): AsyncIterable<LedgerEntry> {
    return this.inner.read(fromIndex);
  }

  size(): number {
    return this.inner.size();
  }

  checkpoint(): Promise<LedgerCheckpoint> {
    return this.inner.checkpoint();
  }

  proof(index: number): Promise<RecordProof> {
    return this.inner.proof(index);
  }

  inclusion(index: number, size: number): Promise<string[]> {
    return this.inner.inclusion(index, size);
  }

  consistency(fromSize: number, toSize: number): Promise<string[]> {
    return this.inner.consistency(fromSize, toSize);
  }

  tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.inner.tile(level, index, width);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** Who is told of what a log does. */
export interface LedgerWatcher {
  /** An entry is handed to the log. */
  onAppend(input: LedgerEntryInput): void;
  onDurable(entry: LedgerEntry, isNew: boolean): void;
  /** The log could not say whether an entry was written. */
  onUnknown(): void;
}

/** Notes every entry that the log has acknowledged or given out: what must never be lost again. */
export class WatchedLedger extends LedgerAround {
  readonly #watcher: LedgerWatcher;

  constructor(inner: LedgerPort, watcher: LedgerWatcher) {
    super(inner);
    this.#watcher = watcher;
  }

  override async append(input: LedgerEntryInput, term?: WriterTerm): Promise<LedgerReceipt> {
    try {
      const appending = this.inner.append(input, term);
      this.#watcher.onAppend(input);
      const receipt = await appending;
      this.#watcher.onDurable(receipt.entry, receipt.appended);
      return receipt;
    } catch (error) {
      if (toWitanError(error).code === 'unavailable') this.#watcher.onUnknown();
      throw error;
    }
  }

  override async byDecision(decisionId: DecisionId): Promise<LedgerEntry[]> {
    const entries = await this.inner.byDecision(decisionId);
    for (const entry of entries) this.#watcher.onDurable(entry, false);
    return entries;
  }
}

/** What becomes of the answer to an append that was written. */
export type ReplyFate = 'given' | 'lost' | 'silent' | 'late';

/** Loses answers: the entry is in the log, and its writer does not learn of it. */
export class ForgetfulLedger extends LedgerAround {
  readonly #fate: () => ReplyFate;
  readonly #clock: Clock;

  constructor(inner: LedgerPort, clock: Clock, fate: () => ReplyFate) {
    super(inner);
    this.#clock = clock;
    this.#fate = fate;
  }

  override async append(input: LedgerEntryInput, term?: WriterTerm): Promise<LedgerReceipt> {
    const receipt = await this.inner.append(input, term);
    const fate = this.#fate();
    if (fate === 'lost') throw new WitanError('unavailable', 'the answer of the log was lost');
    if (fate === 'silent') return new Promise<never>(() => {});
    if (fate === 'late') await new Promise<void>((done) => this.#clock.setTimer(450, done));
    return receipt;
  }
}
