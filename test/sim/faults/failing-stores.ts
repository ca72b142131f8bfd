/** Journal and index that fail while they are told to. */
import type { AgentActivity, Page } from '../../../contracts/messages/decision-view.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type {
  DecisionIndexPort,
  IndexedDecision,
  IndexedEvaluation,
} from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { JournalEvent, JournalPort, JournalSnapshot } from '../../../runtime/kernel/ports/journal.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';

/** Throws when the store is failing; counts each failure where it happens. */
export type FailureCheck = () => void;

/** Journal that fails while `check` throws; `wait` holds each append up. */
export class FailingJournal implements JournalPort {
  readonly #inner: JournalPort;
  readonly #check: FailureCheck;
  readonly #wait: () => Promise<void>;

  constructor(inner: JournalPort, check: FailureCheck, wait: () => Promise<void>) {
    this.#inner = inner;
    this.#check = check;
    this.#wait = wait;
  }

  async append(...args: Parameters<JournalPort['append']>): Promise<number> {
    await this.#wait();
    this.#check();
    return this.#inner.append(...args);
  }

  async *read(key: string, afterSequence: number): AsyncIterable<JournalEvent> {
    this.#check();
    yield* this.#inner.read(key, afterSequence);
  }

  async latestSnapshot(key: string): Promise<JournalSnapshot | undefined> {
    this.#check();
    return this.#inner.latestSnapshot(key);
  }

  async saveSnapshot(snapshot: JournalSnapshot): Promise<void> {
    this.#check();
    return this.#inner.saveSnapshot(snapshot);
  }

  forget(key: string): Promise<void> {
    return this.#inner.forget(key);
  }

  keys(prefix: string): AsyncIterable<string> {
    return this.#inner.keys(prefix);
  }

  async close(): Promise<void> {}
}

/** Index that fails while `check` throws. */
export class FailingIndex implements DecisionIndexPort {
  readonly audit: DecisionIndexPort['audit'];
  readonly #inner: DecisionIndexPort;
  readonly #check: FailureCheck;

  constructor(inner: DecisionIndexPort, check: FailureCheck) {
    this.audit = inner.audit;
    this.#inner = inner;
    this.#check = check;
  }

  async position(): Promise<number> {
    this.#check();
    return this.#inner.position();
  }

  async apply(entries: readonly LedgerEntry[]): Promise<void> {
    this.#check();
    return this.#inner.apply(entries);
  }

  async get(decisionId: DecisionId): Promise<IndexedDecision | undefined> {
    this.#check();
    return this.#inner.get(decisionId);
  }

  async list(...args: Parameters<DecisionIndexPort['list']>): Promise<Page<IndexedDecision>> {
    this.#check();
    return this.#inner.list(...args);
  }

  async open(limit: number): Promise<readonly IndexedDecision[]> {
    this.#check();
    return this.#inner.open(limit);
  }

  async activity(
    ...args: Parameters<DecisionIndexPort['activity']>
  ): Promise<Page<IndexedEvaluation & AgentActivity>> {
    this.#check();
    return this.#inner.activity(...args);
  }

  async clear(): Promise<void> {
    return this.#inner.clear();
  }

  async close(): Promise<void> {}
}
