/**
 * Asks the writer of the log, wherever it is: appends of one turn go together, and wait for a writer if
 * there is none. What certainly nobody took is sent again; what may have been taken never is.
 */
import { WitanError, toWitanError, type ErrorCode } from '../../../contracts/errors.ts';
import { canonicalJson } from '../../../contracts/ledger/canonical-json.ts';
import { MAX_ENTRY_BYTES } from '../../../contracts/ledger/leaf.ts';
import type { LogLane } from '../../../contracts/cluster-names.ts';
import { WireCommitted, WireReceipt, type LogAsk } from '../../../contracts/messages/cluster/log-wire.ts';
import type { Clock } from '../../../runtime/kernel/clock.ts';
import type { LedgerEntryInput, LedgerReceipt, WriterTerm } from '../../../runtime/kernel/ports/ledger.ts';
import { isDeciding } from './deciding-kinds.ts';
import { NOT_TAKEN, type LogAnswer, type LogExchange } from '../wire/log-exchange.ts';
import { RemoteEntry } from './remote-entry.ts';

/** Settings of a {@link LogClient}. */
export interface LogClientOptions {
  readonly exchange: LogExchange;
  readonly clock: Clock;
  readonly logId: string;
  /** Node that wrote the log when it was last heard of. */
  readonly writer: () => string | undefined;
  readonly appendTimeoutMs: number;
  /** Entries that are acknowledged, as far as this node heard: an answer from before is asked for again. */
  readonly committed: () => number;
  /** Told how many entries are acknowledged, under a writer of that generation at most. */
  readonly onCommitted: (committed: number, generation: number) => void;
}

interface Outgoing {
  readonly text: string;
  /** Part of a decision: it goes on the way that only nodes that decide have. */
  readonly isDeciding: boolean;
  readonly term: WriterTerm;
  readonly resolve: (receipt: LedgerReceipt) => void;
  readonly reject: (error: WitanError) => void;
}

const MAX_BATCH_ENTRIES = 256;
const MAX_BATCH_CHARS = 262_144;
const MAX_WAITING = 16_384;
const RETRY_MS = 50;
const LIMITS = { maxDepth: 64, maxLength: MAX_ENTRY_BYTES };

/** See the head of the file. */
export class LogClient {
  readonly #options: LogClientOptions;
  #gathered: Outgoing[] = [];
  #isScheduled = false;
  #openCount = 0;
  #isClosed = false;
  #onIdle: (() => void)[] = [];

  constructor(options: LogClientOptions) {
    this.#options = options;
  }

  /** See LedgerPort. @throws unavailable: the outcome is unknown, or no writer was found in time */
  append(input: LedgerEntryInput, term: WriterTerm): Promise<LedgerReceipt> {
    if (this.#isClosed) return Promise.reject(new WitanError('storage_failed', 'the log is closed'));
    if (this.#openCount >= MAX_WAITING)
      return Promise.reject(
        new WitanError('overloaded', 'too many entries wait for the log', { retryAfterMs: 10 }),
      );
    let text: string;
    try {
      text = inputText(input);
    } catch (error) {
      return Promise.reject(error as WitanError);
    }
    this.#openCount += 1;
    return new Promise<LedgerReceipt>((resolve, reject) => {
      this.#gathered.push({ text, isDeciding: isDeciding(input), term, resolve, reject });
      this.#schedule();
    }).finally(() => {
      this.#openCount -= 1;
      if (this.#openCount === 0) for (const done of this.#onIdle.splice(0)) done();
    });
  }

  /**
   * Asks the writer, again and again until the time is over where nobody took the question. @throws
   * unavailable
   */
  async ask(ask: LogAsk, sent: { body?: Uint8Array; lane?: LogLane } = {}): Promise<LogAnswer> {
    const { clock, appendTimeoutMs, exchange, writer } = this.#options;
    const endMs = clock.monotonicMs() + appendTimeoutMs;
    for (;;) {
      const leftMs = endMs - clock.monotonicMs();
      const node = writer();
      if (node !== undefined && leftMs > 0) {
        const known = this.#options.committed();
        try {
          const answer = await exchange.ask(node, ask, { timeoutMs: leftMs, ...sent });
          const committed = this.#heard(answer);
          // Of a copy that is behind what was said here before. What was appended is appended.
          if (ask.type === 'append' || committed >= known) return answer;
        } catch (error) {
          const { code, details } = toWitanError(error);
          const has = details['acknowledged'];
          const isBehind = code === 'not_found' && typeof has === 'number' && has < known;
          if (details['reason'] !== NOT_TAKEN && !isBehind) throw error;
        }
      }
      if (clock.monotonicMs() + RETRY_MS >= endMs || this.#isClosed)
        throw new WitanError('unavailable', 'the log has no writer that answers', { reason: NOT_TAKEN });
      await new Promise<void>((resolve) => clock.setTimer(RETRY_MS, resolve));
    }
  }

  /** Asks the writer once how many entries are acknowledged. @throws unavailable */
  async askCommitted(timeoutMs: number): Promise<number> {
    const { exchange, writer } = this.#options;
    const node = writer();
    if (node === undefined) throw new WitanError('unavailable', 'the log has no writer');
    return this.#heard(await exchange.ask(node, { type: 'committed' }, { timeoutMs }));
  }

  /** Takes nothing more; resolves when what is under way is settled. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#openCount > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #heard({ reply }: LogAnswer): number {
    const { committed, generation } = WireCommitted.parse(reply);
    this.#options.onCommitted(committed, generation);
    return committed;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      const all = this.#gathered;
      this.#gathered = [];
      for (const batch of batches(all)) void this.#send(batch);
    });
  }

  async #send(batch: readonly Outgoing[]): Promise<void> {
    const { generation, inSync } = batch[0]!.term;
    const ask = { type: 'append', generation, inSync: inSync && [...inSync] } as const;
    const body = new TextEncoder().encode(`[${batch.map(({ text }) => text).join(',')}]`);
    try {
      const lane = batch.some((one) => one.isDeciding) ? 'decide' : 'note';
      const answer = await this.ask(ask, { body, lane });
      const receipts = WireReceipt.array()
        .length(batch.length)
        .parse(JSON.parse(new TextDecoder().decode(answer.body)));
      for (const [at, receipt] of receipts.entries()) this.#settle(batch[at]!, receipt);
    } catch (error) {
      // An answer that cannot be read is no answer.
      const fault =
        error instanceof WitanError
          ? error
          : new WitanError('unavailable', 'the answer is damaged', {}, error);
      for (const { reject } of batch) reject(fault);
    }
  }

  #settle({ resolve, reject }: Outgoing, receipt: WireReceipt): void {
    if ('error' in receipt) {
      const { code, message, details } = receipt.error;
      return reject(new WitanError(code as ErrorCode, message, details));
    }
    const { index, leafHash, appended, entry } = receipt;
    resolve({ logId: this.#options.logId, index, leafHash, appended, entry: new RemoteEntry(entry) });
  }
}

/**
 * Text of an input; later changes by the caller do not reach it. @throws invalid_argument, too_deep,
 * too_large
 */
function inputText({ kind, tenant, decisionId, payload }: LedgerEntryInput): string {
  const text = canonicalJson(payload, LIMITS);
  const head = canonicalJson({ kind, tenant, ...(decisionId !== undefined && { decisionId }) });
  return `${head.slice(0, -1)},"payload":${text}}`;
}

/** Inputs that may go together: of one term, and not too many. */
function batches(all: readonly Outgoing[]): Outgoing[][] {
  const made: Outgoing[][] = [];
  let [chars, last]: [number, Outgoing[]] = [0, []];
  for (const one of all) {
    const isSame = last.length > 0 && JSON.stringify(last[0]!.term) === JSON.stringify(one.term);
    if (!isSame || last.length >= MAX_BATCH_ENTRIES || chars + one.text.length > MAX_BATCH_CHARS) {
      last = [];
      chars = 0;
      made.push(last);
    }
    last.push(one);
    chars += one.text.length;
  }
  return made;
}
