/** Index in a database, with one in memory that stands in until the database is there. */
import type { HealthCheck } from '../../../contracts/messages/decision-view.ts';
import type { Page } from '../../../contracts/messages/decision-view.ts';
import { toWitanError } from '../../../contracts/errors.ts';
import type { DecisionId, SeatId } from '../../../contracts/messages/ids.ts';
import type { Clock, TimerHandle } from '../../kernel/clock.ts';
import type {
  DecisionIndexPort,
  DecisionListFilter,
  IndexedDecision,
  IndexedEvaluation,
  IndexPage,
} from '../../kernel/ports/decision/decision-index.ts';
import type { AuditIndexPort } from '../../kernel/ports/audit/audit-index.ts';
import type { LedgerEntry, LedgerPort } from '../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { MemoryDecisionIndex } from '../memory/memory-decision-index.ts';

/** An index that is open. */
export interface OpenedIndex {
  readonly index: DecisionIndexPort;
  /** How it is called in a node's health. */
  readonly name: string;
  close(): Promise<void>;
}

/** What a standby is made from. */
export interface StandbyIndexOptions {
  /** Opens the database; called again later when it fails in a way that may pass. */
  readonly open: (signal: AbortSignal) => Promise<OpenedIndex>;
  readonly ledger: Pick<LedgerPort, 'read' | 'size'>;
  readonly clock: Clock;
  readonly telemetry?: TelemetryPort | undefined;
  /** How long the first caller waits for the database before memory stands in (default 2,000 ms). */
  readonly waitMs?: number;
}

const BATCH_COUNT = 256;
/** A database further behind the log than this is fed beside the one in memory. */
const DIRECT_MAX_COUNT = 5_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

/**
 * {@link DecisionIndexPort} that never waits long for its database: the log is the record, so an index can
 * be had from it at any time. Once the database is open it is fed up to the log, and takes over.
 */
export class StandbyIndex implements DecisionIndexPort {
  readonly #options: StandbyIndexOptions;
  readonly #abort = new AbortController();
  readonly #settled: Promise<void>;
  readonly audit: AuditIndexPort = {
    search: async (...given) => (await this.#active()).audit.search(...given),
    usesOf: async (...given) => (await this.#active()).audit.usesOf(...given),
  };
  #memory = new MemoryDecisionIndex();
  #opened: OpenedIndex | undefined;
  #usesDatabase = false;
  #failure: string | undefined;
  #retryMs = RETRY_MIN_MS;
  #retry: TimerHandle | undefined;
  #opening: Promise<void>;

  /** Starts to open the database at once. */
  constructor(options: StandbyIndexOptions) {
    this.#options = options;
    this.#opening = this.#open();
    const { clock, waitMs = 2_000 } = options;
    this.#settled = new Promise((resolve) => {
      const timer = clock.setTimer(waitMs, resolve);
      void this.#opening.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Line of a node's health: where the index is, and why it is not where it should be. */
  health(): HealthCheck {
    const name = this.#opened?.name ?? 'database';
    if (this.#failure !== undefined) return { name: 'index', ok: false, detail: this.#failure };
    const detail = this.#usesDatabase ? name : `in memory until the ${name} is ready`;
    return { name: 'index', ok: true, detail };
  }

  async position(): Promise<number> {
    return (await this.#active()).position();
  }

  async apply(entries: readonly LedgerEntry[]): Promise<void> {
    const active = await this.#active();
    try {
      await active.apply(entries);
      if (active !== this.#memory) this.#failure = undefined;
    } catch (error) {
      if (active !== this.#memory) this.#failure = `behind the log: ${toWitanError(error).message}`;
      throw error;
    }
  }

  async get(decisionId: DecisionId): Promise<IndexedDecision | undefined> {
    return (await this.#active()).get(decisionId);
  }

  async list(filter: DecisionListFilter, page: IndexPage): Promise<Page<IndexedDecision>> {
    return (await this.#active()).list(filter, page);
  }

  async open(limit: number): Promise<readonly IndexedDecision[]> {
    return (await this.#active()).open(limit);
  }

  async activity(
    seat: SeatId,
    page: IndexPage & { tenant?: string | undefined },
  ): Promise<Page<IndexedEvaluation>> {
    return (await this.#active()).activity(seat, page);
  }

  async clear(): Promise<void> {
    await (await this.#active()).clear();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#retry?.cancel();
    await this.#opening;
    await this.#opened?.close();
    await this.#memory.close();
  }

  async #active(): Promise<DecisionIndexPort> {
    await this.#settled;
    return this.#usesDatabase ? this.#opened!.index : this.#memory;
  }

  /** Opens the database and hands over to it; never rejects. */
  async #open(): Promise<void> {
    const { open, ledger, clock, telemetry } = this.#options;
    try {
      this.#opened ??= await open(this.#abort.signal);
      const { index } = this.#opened;
      if (this.#abort.signal.aborted) return;
      this.#failure = undefined;
      // Not far behind: whoever feeds this index brings it up, and memory was not needed.
      const behindCount = ledger.size() - (await index.position());
      if (behindCount > DIRECT_MAX_COUNT || (await this.#memory.position()) > 0) await this.#catchUp(index);
      this.#usesDatabase = true;
      await this.#memory.clear();
    } catch (thrown) {
      if (this.#abort.signal.aborted) return;
      const error = toWitanError(thrown);
      this.#failure = `in memory, without the database: ${error.message}`;
      telemetry?.log('error', '/system/store', 'the index stays in memory', {
        code: error.code,
        error: error.message,
      });
      if (!error.retryable) return;
      this.#retry = clock.setTimer(this.#retryMs, () => void (this.#opening = this.#open()));
      this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
    }
  }

  /**
   * Feeds the database from the log, beside the one in memory that goes on being fed and read, until it is
   * nearly there: under load the log never stands still, and a hand-over that waited for the last entry would
   * never come. What is missing leaves a gap for the feeder, which then asks for the position and goes on
   * from there.
   */
  async #catchUp(index: DecisionIndexPort): Promise<void> {
    const { ledger } = this.#options;
    let position: number;
    do {
      await this.#feed(index);
      position = await index.position();
    } while (ledger.size() - position > BATCH_COUNT && !this.#abort.signal.aborted);
  }

  /** Feeds what the log holds now. */
  async #feed(index: DecisionIndexPort): Promise<void> {
    let batch: LedgerEntry[] = [];
    for await (const entry of this.#options.ledger.read(await index.position())) {
      if (this.#abort.signal.aborted) return;
      batch.push(entry);
      if (batch.length < BATCH_COUNT) continue;
      await index.apply(batch);
      batch = [];
    }
    if (batch.length > 0) await index.apply(batch);
  }
}
