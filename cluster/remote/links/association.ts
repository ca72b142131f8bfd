/** What goes from this run of this node to one run of another: batched, numbered, bounded, in order. */
import type { Counters } from '../counters.ts';
import type { RemotingLimits } from '../limits.ts';
import type { SharedPart } from './shared-parts.ts';
import type { Outlet } from './outlet.ts';
import { BatchWriter, headBytes } from '../wire/batch.ts';
import type { BatchSender } from '../wire/batch.ts';

/** What an association needs. */
export interface AssociationParts {
  readonly self: BatchSender;
  readonly peer: BatchSender;
  readonly subject: string;
  /** Version of the protocol that both sides speak. */
  readonly version: number;
  readonly outlet: Outlet;
  readonly limits: RemotingLimits;
  readonly counters: Counters;
  /** Runs a task when the present drain is over. */
  readonly soon: (task: () => void) => void;
  /** Told of asks whose batch could not be published. */
  readonly onLost: (askIds: readonly number[], error: unknown) => void;
}

/** Outgoing side towards one run of a node. */
export class Association {
  readonly peer: BatchSender;
  readonly version: number;
  private readonly parts: AssociationParts;
  private readonly writer: BatchWriter;
  private readonly emptyBytes: number;
  /** Batches that are complete but held back, oldest first. */
  private held: {
    readonly batch: Uint8Array;
    readonly askIds: readonly number[];
    readonly frames: number;
  }[] = [];
  private heldBytes = 0;
  private askIds: number[] = [];
  /** Numbers of the parts that stand in the open batch. */
  private readonly batchParts = new Set<number>();
  private sequence = 0;
  private isScheduled = false;
  private isClosed = false;

  constructor(parts: AssociationParts) {
    this.parts = parts;
    this.peer = parts.peer;
    this.version = parts.version;
    this.writer = new BatchWriter(parts.self);
    this.emptyBytes = headBytes(parts.self.node);
  }

  /** Bytes that wait to go. */
  get bufferedBytes(): number {
    return this.heldBytes + this.writer.size - this.emptyBytes;
  }

  /**
   * Takes a frame and the parts that it names, which go before it in the same batch; false when the buffer is
   * full or the association closed. All are copied.
   */
  post(frame: Uint8Array, askId?: number, parts: readonly SharedPart[] = []): boolean {
    const { limits, outlet } = this.parts;
    const bytes = frame.length + this.missingBytes(parts);
    if (this.isClosed || this.bufferedBytes + bytes > limits.maxBufferedBytes) return false;
    const { writer } = this;
    if (writer.count > 0 && writer.size + 4 + bytes > limits.batchBytes) this.seal();
    for (const part of parts) {
      if (this.batchParts.has(part.id)) continue;
      this.batchParts.add(part.id);
      writer.add(part.frame);
    }
    writer.add(frame);
    if (askId !== undefined) this.askIds.push(askId);
    if (writer.count >= limits.batchFrames) this.seal();
    if (this.held.length > 0 && outlet.isOpen) this.release();
    if (!this.isScheduled) this.schedule();
    return true;
  }

  /** Sends what waits, as far as the outlet is open. */
  flush(): void {
    this.isScheduled = false;
    if (this.isClosed) return;
    if (this.writer.count > 0) this.seal();
    this.release();
  }

  /** Drops what waits and takes nothing any more. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.parts.counters.undelivered += this.writer.count;
    for (const { frames } of this.held) this.parts.counters.undelivered += frames;
    this.held = [];
  }

  /** Bytes of those parts that the open batch does not hold. */
  private missingBytes(parts: readonly SharedPart[]): number {
    let bytes = 0;
    for (const { id, frame } of parts) if (!this.batchParts.has(id)) bytes += 4 + frame.length;
    return bytes;
  }

  private schedule(): void {
    this.isScheduled = true;
    this.parts.soon(() => this.flush());
  }

  private seal(): void {
    const frames = this.writer.count;
    const batch = this.writer.take(this.version, (this.sequence += 1));
    this.held.push({ batch, askIds: this.askIds, frames });
    this.heldBytes += batch.length;
    this.askIds = [];
    this.batchParts.clear();
  }

  private release(): void {
    const { outlet, subject, counters } = this.parts;
    let sent = 0;
    for (const { batch, askIds, frames } of this.held) {
      if (!outlet.isOpen) break;
      sent += 1;
      this.heldBytes -= batch.length;
      try {
        outlet.publish(subject, batch);
        counters.framesSent += frames;
      } catch (error) {
        counters.undelivered += frames;
        this.parts.onLost(askIds, error);
      }
    }
    this.held.splice(0, sent);
    if (this.held.length > 0) outlet.whenOpen(this.resume);
  }

  private readonly resume = (): void => {
    if (!this.isClosed) this.release();
  };
}
