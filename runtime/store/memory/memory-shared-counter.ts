/** Counters in windows, in the memory of one process: several gates of one process may share it. */
import type { Clock } from '../../kernel/clock.ts';
import type {
  PermitGrant,
  PermitRequest,
  SharedCounterPort,
} from '../../kernel/ports/admission/shared-counter.ts';
import { PortLife } from '../port-life.ts';

interface Window {
  readonly id: string;
  readonly endsMs: number;
  used: number;
}

/** {@link SharedCounterPort} that lives as long as the object. */
export class MemorySharedCounter implements SharedCounterPort {
  readonly #clock: Clock;
  readonly #life = new PortLife('shared counter');
  readonly #windows = new Map<string, Window>();
  #windowCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async take(key: string, { count, limit, windowMs }: PermitRequest): Promise<PermitGrant> {
    this.#life.assertOpen();
    const nowMs = this.#clock.monotonicMs();
    let window = this.#windows.get(key);
    if (!window || window.endsMs <= nowMs) {
      this.#windowCount += 1;
      window = { id: String(this.#windowCount), endsMs: nowMs + windowMs, used: 0 };
      this.#windows.set(key, window);
    }
    const granted = Math.max(0, Math.min(count, limit - window.used));
    window.used += granted;
    const left = Math.max(0, limit - window.used);
    return { granted, left, resetMs: window.endsMs - nowMs, windowId: window.id };
  }

  async giveBack(key: string, windowId: string, count: number): Promise<void> {
    this.#life.assertOpen();
    const window = this.#windows.get(key);
    if (window?.id !== windowId || window.endsMs <= this.#clock.monotonicMs()) return;
    window.used = Math.max(0, window.used - count);
  }

  async close(): Promise<void> {
    this.#life.close();
  }
}
