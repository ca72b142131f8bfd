/**
 * What waits for the disk, in the order of the calls.
 *
 * While a batch is being written the next one gathers, so batches grow with the load by themselves.
 */
import { WitanError } from '../../../contracts/errors.ts';
import { MAX_ENTRY_BYTES } from '../../../contracts/ledger/leaf.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { LedgerReceipt, WriterTerm } from '../../kernel/ports/ledger.ts';
import type { FrozenInput } from '../ledger/entry-input.ts';
import { generationOf } from '../ledger/writer-term.ts';
import { AppendReceipt } from './append-receipt.ts';
import { AppendBatch } from './core/append-batch.ts';
import type { AppendFailure, BatchOutcome, LogEngine } from './core/log-engine.ts';

/** Settings of an {@link AppendQueue}. */
export interface AppendQueueOptions {
  readonly logId: string;
  readonly engine: LogEngine;
  readonly clock: Clock;
  /** Highest generation that any writer had. */
  readonly generation: number;
  /** Bytes that a segment has for frames. */
  readonly segmentRoomBytes: number;
  /** Told of each outcome, before those who wait are. */
  readonly onOutcome: (outcome: BatchOutcome, inputs: readonly FrozenInput[]) => void;
}

interface Waiting {
  readonly resolve: (receipt: LedgerReceipt) => void;
  readonly reject: (error: WitanError) => void;
}

/** Entries that gather, and who waits for them. */
class Gathering {
  readonly batch = new AppendBatch();
  readonly inputs: FrozenInput[] = [];
  readonly waiting: Waiting[] = [];
}

// As many as are written in the time in which those of the batch before append again: the writer never waits.
const MAX_BATCH_ENTRIES = 512;
const MAX_BATCH_BYTES = 4_194_304;
const MAX_WAITING_ENTRIES = 65_536;
const MAX_WAITING_BYTES = 67_108_864;
/** Frame header and the entry's own header fields take far less than this. */
const ENTRY_EXTRA_BYTES = 2_048;

/** See the head of the file. */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  readonly #uncertain = new Set<string>();
  readonly #gathered: Gathering[] = [];
  #waitingCount = 0;
  #waitingBytes = 0;
  #underWay = 0;
  #generation: number;
  #isScheduled = false;
  #failure: WitanError | undefined;
  #onIdle: (() => void)[] = [];

  constructor(options: AppendQueueOptions) {
    this.#options = options;
    this.#generation = options.generation;
  }

  /** Highest generation that any writer had. */
  get generation(): number {
    return this.#generation;
  }

  /** Writes under this generation from now on, where it is the highest. */
  raise(generation: number): void {
    this.#generation = Math.max(this.#generation, generation);
  }

  /** Why no more entries are taken until the log is opened again. */
  get failure(): WitanError | undefined {
    return this.#failure;
  }

  /** Whether an entry of this decision may or may not be on the disk. */
  isUncertain(decisionId: string): boolean {
    return this.#uncertain.has(decisionId);
  }

  /** Queues an entry; resolves when it is durable. Takes its place in the order of the calls. */
  append(input: FrozenInput, term: WriterTerm): Promise<LedgerReceipt> {
    if (this.#failure) return Promise.reject(refused(this.#failure));
    const own = generationOf(term, this.#generation);
    this.#checkBytes(input);
    const isFull = this.#waitingCount >= MAX_WAITING_ENTRIES || this.#waitingBytes >= MAX_WAITING_BYTES;
    if (isFull)
      throw new WitanError('overloaded', 'too many entries wait for the disk', { retryAfterMs: 10 });
    this.#generation = own;
    return new Promise((resolve, reject) => {
      const { batch, inputs, waiting } = this.#open();
      const before = batch.byteLength;
      batch.add(input, own);
      inputs.push(input);
      waiting.push({ resolve, reject });
      this.#waitingCount += 1;
      this.#waitingBytes += batch.byteLength - before;
      this.#schedule();
    });
  }

  /** Resolves when everything queued is settled. */
  drain(): Promise<void> {
    if (this.#underWay === 0 && this.#gathered.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Takes no more entries; the caller has drained before. */
  close(): void {
    this.#failure ??= new WitanError('storage_failed', 'the log is closed');
  }

  #open(): Gathering {
    const last = this.#gathered.at(-1);
    const isOpen = last && last.batch.count < MAX_BATCH_ENTRIES && last.batch.byteLength < MAX_BATCH_BYTES;
    if (isOpen) return last;
    const next = new Gathering();
    this.#gathered.push(next);
    return next;
  }

  // When the microtasks of this turn are done: whoever a receipt wakes has appended again by then, and shares
  // the sync.
  #schedule(): void {
    if (this.#isScheduled || this.#underWay >= this.#options.engine.depth) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#underWay < this.#options.engine.depth) {
      const gathering = this.#gathered.shift();
      if (!gathering) return;
      this.#underWay += 1;
      void this.#append(gathering).finally(() => {
        this.#underWay -= 1;
        if (this.#gathered.length > 0) return this.#schedule();
        if (this.#underWay === 0) for (const done of this.#onIdle.splice(0)) done();
      });
    }
  }

  async #append(gathering: Gathering): Promise<void> {
    const { batch, inputs, waiting } = gathering;
    this.#waitingCount -= batch.count;
    this.#waitingBytes -= batch.byteLength;
    if (this.#failure) return this.#refuse(waiting, refused(this.#failure));
    try {
      const atWallMs = Math.floor(this.#options.clock.wallMs());
      const outcome = await this.#options.engine.append({ bytes: batch.bytes, count: batch.count, atWallMs });
      const { durableCount, failure } = outcome;
      this.#options.onOutcome(outcome, inputs);
      const { logId } = this.#options;
      const { firstIndex, leaves, chains, previousChain } = outcome;
      const durable = { logId, atWallMs, firstIndex, leaves, chains, previousChain };
      for (let nth = 0; nth < durableCount; nth += 1) {
        waiting[nth]!.resolve(new AppendReceipt(durable, nth, inputs[nth]!));
      }
      if (failure)
        this.#fail(failure, { inputs: inputs.slice(durableCount), waiting: waiting.slice(durableCount) });
    } catch (defect) {
      // A defect of ours must not leave writers waiting for ever, nor end the process.
      const message = 'the log takes no entries until it is opened again';
      this.#fail({ outcome: 'unknown', message, code: undefined }, { inputs, waiting }, defect);
    }
  }

  #fail(
    failure: AppendFailure,
    { inputs, waiting }: { inputs: readonly FrozenInput[]; waiting: readonly Waiting[] },
    cause?: unknown,
  ): void {
    const details = { code: failure.code };
    const error = new WitanError('storage_failed', failure.message, details, cause);
    if (failure.outcome === 'refused') return this.#refuse(waiting, error);
    this.#failure ??= error;
    for (const { decisionId } of inputs) if (decisionId !== undefined) this.#uncertain.add(decisionId);
    const unknown = 'it is not known whether the entry is on the disk';
    this.#refuse(waiting, new WitanError('unavailable', unknown, details, cause));
  }

  #refuse(waiting: readonly Waiting[], error: WitanError): void {
    for (const { reject } of waiting) reject(error);
  }

  /** Refuses an input that would not fit into a segment, before it is queued. @throws too_large */
  #checkBytes({ payloadText }: FrozenInput): void {
    const most = Math.min(MAX_ENTRY_BYTES, this.#options.segmentRoomBytes) - ENTRY_EXTRA_BYTES;
    if (payloadText.length * 3 <= most || Buffer.byteLength(payloadText) <= most) return;
    const details = { path: 'payload', expected: `${most} bytes` };
    throw new WitanError('too_large', `an entry has at most ${most} bytes`, details);
  }
}

function refused({ message, details, cause }: WitanError): WitanError {
  return new WitanError('storage_failed', message, details, cause);
}
