/** One lane from before its first opening: opens it when it can be, and lets one turn run at a time. */
import { toWitanError } from '../../../../contracts/errors.ts';
import type { WitanError } from '../../../../contracts/errors.ts';
import type { AnchorLane } from './lane/anchor-lane.ts';

/** A chain to anchor on. */
export interface LaneSource {
  readonly name: string;
  readonly contract: string;
  readonly pollMs: number;
  /** @throws what keeps it from opening; it is tried again at each turn */
  open(): Promise<AnchorLane>;
  /** Closes what an earlier {@link open} opened: it is opened anew. Absent: nothing is to be closed. */
  release?(): Promise<void>;
}

/** See the head of the file. It outlives a reset of the actor. */
export class LaneRunner {
  readonly source: LaneSource;
  #lane: AnchorLane | undefined;
  #openError: WitanError | null = null;
  #running: Promise<void> | undefined;
  #isAskedFor = false;
  #isClosed = false;
  /** The disk failed it: its outbox takes no more writes until it is opened and read again. */
  #isStale = false;

  constructor(source: LaneSource) {
    this.source = source;
  }

  get lane(): AnchorLane | undefined {
    return this.#lane;
  }

  get lastError(): WitanError | null {
    return this.#openError ?? this.#lane?.lastError ?? null;
  }

  askFor(): void {
    this.#isAskedFor = true;
  }

  /** After a {@link close}: turns begin again. */
  reopen(): void {
    this.#isClosed = false;
  }

  /** One turn, or the one that runs already. Never rejects. */
  turn(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#running ??= this.#turn().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** No turn begins any more; resolves when the one that runs has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #turn(): Promise<void> {
    try {
      if (this.#isStale) await this.source.release?.();
      if (this.#isStale || !this.#lane) this.#lane = await this.source.open();
      this.#isStale = false;
      this.#openError = null;
    } catch (error) {
      this.#openError = toWitanError(error);
      return;
    }
    if (this.#isAskedFor) this.#lane.askFor();
    this.#isAskedFor = false;
    await this.#lane.turn();
    this.#isStale = this.#lane.lastError?.code === 'storage_failed';
  }
}
