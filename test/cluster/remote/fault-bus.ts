/** A bus that loses, delays, doubles and overtakes on purpose. */
import type { Clock } from '../../../runtime/kernel/index.ts';
import type { BusMessage, BusPort, Subscription } from '../../../runtime/kernel/ports/bus.ts';

/** What happens to one publish. */
export type Fate = 'pass' | 'drop' | 'twice' | 'throw' | { readonly delayMs: number };

/** {@link BusPort} over another one whose publishes go through `decide`. */
export class FaultBus implements BusPort {
  /** Called for each publish, with its number from 1. */
  decide: (subject: string, count: number) => Fate = () => 'pass';
  /** Holds `flush` back while set. */
  flushGate: Promise<void> | undefined = undefined;
  /** Nothing comes in any more: its node is dead. */
  isDeaf = false;
  /** Publishes so far, those without a fate to pass included. */
  count = 0;
  /** What was published, oldest first. */
  readonly published: { readonly subject: string; readonly data: Uint8Array }[] = [];
  private readonly inner: BusPort;
  private readonly clock: Clock;

  constructor(inner: BusPort, clock: Clock) {
    this.inner = inner;
    this.clock = clock;
  }

  publish(subject: string, data: Uint8Array): void {
    this.count += 1;
    const fate = this.decide(subject, this.count);
    if (fate === 'throw') throw new Error('the broker took nothing');
    this.published.push({ subject, data: data.slice() });
    if (fate === 'drop') return;
    if (typeof fate === 'object') {
      const copy = data.slice();
      this.clock.setTimer(fate.delayMs, () => this.inner.publish(subject, copy));
      return;
    }
    this.inner.publish(subject, data);
    if (fate === 'twice') this.inner.publish(subject, data);
  }

  subscribe(subject: string, handler: (message: BusMessage) => void): Promise<Subscription> {
    return this.inner.subscribe(subject, (message) => {
      if (!this.isDeaf) handler(message);
    });
  }

  request(...args: Parameters<BusPort['request']>): Promise<BusMessage> {
    return this.inner.request(...args);
  }

  async flush(): Promise<void> {
    await this.flushGate;
    await this.inner.flush();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
