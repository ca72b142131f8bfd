/** A request at its pool, and its texts in line. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { ActorRef } from '../../../runtime/kernel/ref.ts';
import type { WaitingRow } from './batcher.ts';
import type { InferReply } from './pool-messages.ts';

/** Settles once, with all rows or with the first error. */
export class InferenceCall {
  readonly id: number;
  readonly startedMs: number;
  readonly deadlineMs: number;
  readonly rowCount: number;
  isSettled = false;
  readonly #rows: Float32Array[];
  readonly #replyTo: ActorRef<InferReply>;
  #leftCount: number;

  constructor(made: {
    readonly id: number;
    readonly rowCount: number;
    readonly startedMs: number;
    readonly deadlineMs: number;
    readonly replyTo: ActorRef<InferReply>;
  }) {
    this.id = made.id;
    this.startedMs = made.startedMs;
    this.deadlineMs = made.deadlineMs;
    this.rowCount = this.#leftCount = made.rowCount;
    this.#rows = new Array<Float32Array>(made.rowCount);
    this.#replyTo = made.replyTo;
  }

  /** True with the last row: the request is answered. */
  complete(at: number, row: Float32Array, provider: string): boolean {
    if (this.isSettled) return false;
    this.#rows[at] = row;
    this.#leftCount -= 1;
    if (this.#leftCount > 0) return false;
    this.isSettled = true;
    this.#replyTo.tell({ type: 'rows', provider, rows: this.#rows });
    return true;
  }

  /** True the first time. */
  refuse(error: WitanError): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.#replyTo.tell({ type: 'refused', error });
    return true;
  }
}

/** One text of a request. */
export interface InferenceRow extends WaitingRow {
  readonly call: InferenceCall;
  readonly at: number;
  readonly text: string;
  /** Workers that ended while they worked on it. */
  readonly strikes: number;
}
