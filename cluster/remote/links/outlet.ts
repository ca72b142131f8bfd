/** The way out of a node: batches of all destinations, held back while too much has not left the process. */
import type { BusPort } from '../../../runtime/kernel/ports/bus.ts';
import type { Counters } from '../counters.ts';

/** Publishes batches; at most `windowBytes` are published and not known to have left. */
export class Outlet {
  private readonly bus: BusPort;
  private readonly windowBytes: number;
  private readonly counters: Counters;
  private readonly waiting = new Set<() => void>();
  private unflushedBytes = 0;
  private isFlushing = false;

  constructor(bus: BusPort, counters: Counters, windowBytes: number) {
    this.bus = bus;
    this.counters = counters;
    this.windowBytes = windowBytes;
  }

  /** Whether the next batch may go now. */
  get isOpen(): boolean {
    return this.unflushedBytes < this.windowBytes;
  }

  /** Calls `resume` once when batches may go again. */
  whenOpen(resume: () => void): void {
    this.waiting.add(resume);
  }

  /** Publishes one batch. @throws what the bus throws: nothing left then */
  publish(subject: string, batch: Uint8Array): void {
    this.bus.publish(subject, batch);
    this.counters.batchesSent += 1;
    this.counters.bytesSent += batch.length;
    this.unflushedBytes += batch.length;
    if (this.unflushedBytes >= this.windowBytes / 2) this.startFlush();
  }

  private startFlush(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    const covered = this.unflushedBytes;
    const done = (): void => {
      this.isFlushing = false;
      this.unflushedBytes -= covered;
      const resumed = [...this.waiting];
      this.waiting.clear();
      for (const resume of resumed) resume();
      if (this.unflushedBytes >= this.windowBytes / 2) this.startFlush();
    };
    // A bus that fails to flush is closed or lost what it had: either way those bytes wait no more.
    this.bus.flush().then(done, done);
  }
}
