/** Mixed load of a soak: a steady rate, bursts, callers who give up, repeated keys, and input that is refused. */
import { WitanError } from '../../index.ts';
import type { BenchHost } from '../council/bench-host.ts';
import type { Misuse } from './disturbances.ts';

/** What may become of a submission beside a verdict, for good reasons: load, faults, and our own bad input. */
const EXPECTED: ReadonlySet<string> = new Set([
  'overloaded',
  'unavailable',
  'deadline_exceeded',
  'cancelled',
  'invalid_argument',
  'conflict',
]);
const BURST_EVERY_MS = 20_000;
const BURST_MS = 1_500;
const BURST_FACTOR = 6;

/** Counts of a soak. */
export interface LoadTotals {
  decided: number;
  refused: number;
  unavailable: number;
  cancelled: number;
  invalid: number;
  failed: number;
  unanswered: number;
}

/** Sends requests and counts what became of them. */
export class SoakLoad {
  readonly totals: LoadTotals = {
    decided: 0,
    refused: 0,
    unavailable: 0,
    cancelled: 0,
    invalid: 0,
    failed: 0,
    unanswered: 0,
  };
  readonly #node: BenchHost;
  readonly #misuses: ReadonlySet<Misuse>;
  readonly #open = new Set<Promise<void>>();
  #sent = 0;
  #burstUntilMs = 0;
  #nextBurstMs = performance.now() + BURST_EVERY_MS;

  constructor(node: BenchHost, misuses: readonly Misuse[]) {
    this.#node = node;
    this.#misuses = new Set(misuses);
  }

  /** Keeps the rate until `untilMs` on the process's monotonic clock; bursts come of themselves. */
  async run(ratePerSecond: number, untilMs: number): Promise<void> {
    let lastMs = performance.now();
    let due = 0;
    while (performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const nowMs = performance.now();
      if (nowMs >= this.#nextBurstMs && this.#misuses.has('bursts')) {
        this.#burstUntilMs = nowMs + BURST_MS;
        this.#nextBurstMs = nowMs + BURST_EVERY_MS;
      }
      const rate = nowMs < this.#burstUntilMs ? ratePerSecond * BURST_FACTOR : ratePerSecond;
      due += ((nowMs - lastMs) * rate) / 1_000;
      lastMs = nowMs;
      for (; due >= 1; due -= 1) this.#send();
    }
  }

  /** Submits `count` at once and waits for all. */
  async burst(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#followed(this.#node.submit())));
  }

  /** Waits for what is open; what has no answer after a minute never gets one. */
  async ended(): Promise<void> {
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, 60_000).unref());
    await Promise.race([Promise.all(this.#open), deadline]);
    this.totals.unanswered = this.#open.size;
  }

  #send(): void {
    this.#sent += 1;
    const followed = this.#followed(this.#submit(this.#sent)).finally(() => this.#open.delete(followed));
    this.#open.add(followed);
  }

  /** One in fifty is given up, one in seventy says a key twice, one in ninety is no request at all. */
  #submit(number: number): Promise<unknown> {
    const { host } = this.#node;
    const isDue = (misuse: Misuse, every: number): boolean =>
      number % every === 0 && this.#misuses.has(misuse);
    if (isDue('malformed', 90)) return host.submit({ type: 'chat', text: 'x', surprise: Number.NaN });
    if (isDue('repeated', 70)) {
      const request = {
        type: 'chat',
        text: `Opening hours of branch ${number}?`,
        idempotencyKey: `soak-${number}`,
      };
      void host.submit(request).catch(() => undefined);
      return host.submit(request);
    }
    if (!isDue('cancelled', 50)) return this.#node.submit();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 5);
    const text = `What does the form ${number} ask for?`;
    return host.submit({ type: 'chat', text, council: 'always' }, { signal: abort.signal });
  }

  async #followed(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
      this.totals.decided += 1;
    } catch (error) {
      const code = error instanceof WitanError ? error.code : 'unknown';
      if (code === 'overloaded') this.totals.refused += 1;
      else if (code === 'cancelled') this.totals.cancelled += 1;
      else if (code === 'invalid_argument') this.totals.invalid += 1;
      else if (EXPECTED.has(code)) this.totals.unavailable += 1;
      else {
        this.totals.failed += 1;
        process.stderr.write(`soak: ${code}: ${String(error)}\n`);
      }
    }
  }
}
