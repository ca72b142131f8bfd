/** What this node keeps of one run of another: its sequence, its open asks, its watches. */
import type { StopReason } from '../../runtime/kernel/index.ts';
import type { Counters } from './counters.ts';
import type { IncomingAsk } from './incoming-ask.ts';
import type { BatchSender } from './wire/batch.ts';

// Ends of watched actors that are kept until the watcher has said that it knows.
const MAX_ENDS = 1_024;

/** Incoming side of one run of another node. */
export class Peer {
  readonly run: BatchSender;
  /** Open asks by the asker's number. */
  readonly asks = new Map<number, IncomingAsk>();
  private readonly watches = new Map<number, () => void>();
  private readonly ends = new Map<number, StopReason>();
  private lastSequence = 0;

  constructor(run: BatchSender) {
    this.run = run;
  }

  /** Whether a batch of that number is to be handled; counts those that are missing before it. */
  accepts(sequence: number, counters: Counters): boolean {
    if (sequence <= this.lastSequence) {
      // Also one that was overtaken: handling it now would turn the order round.
      counters.batchesRepeated += 1;
      return false;
    }
    counters.batchesLost += sequence - this.lastSequence - 1;
    this.lastSequence = sequence;
    return true;
  }

  get watchCount(): number {
    return this.watches.size;
  }

  /** Whether that watch is on already. */
  isWatching(id: number): boolean {
    return this.watches.has(id);
  }

  /** How a watch ended that its watcher does not know of yet. */
  endOf(id: number): StopReason | undefined {
    return this.ends.get(id);
  }

  /** Keeps what takes a watch back. */
  watching(id: number, undo: () => void): void {
    this.watches.set(id, undo);
  }

  /** The actor behind a watch is gone. */
  watchEnded(id: number, reason: StopReason): void {
    this.watches.delete(id);
    this.ends.set(id, reason);
    if (this.ends.size > MAX_ENDS) this.ends.delete(this.ends.keys().next().value!);
  }

  /** The watcher does not want to know, or knows. */
  unwatch(id: number): void {
    this.ends.delete(id);
    this.watches.get(id)?.();
    this.watches.delete(id);
  }

  /** That run is over: nobody there waits or watches any more. */
  end(): void {
    for (const ask of [...this.asks.values()]) ask.giveUp('its node is gone');
    this.asks.clear();
    for (const undo of this.watches.values()) undo();
    this.watches.clear();
    this.ends.clear();
  }
}
