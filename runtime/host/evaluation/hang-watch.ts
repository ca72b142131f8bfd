/** Tells work that hangs from work that waits for a processor: by the processor time that it has used. */
import { readFileSync, readlinkSync } from 'node:fs';
import type { Clock, TimerHandle } from '../../kernel/clock.ts';

/** What a watch needs. */
export interface HangWatchOptions {
  readonly clock: Clock;
  readonly hangMs: number;
  /** Processor time that the thread has used, ms; undefined where the system does not tell. */
  cpuMs(): number | undefined;
  /** Number of the work that it is on; undefined: it has none. */
  current(): number | undefined;
  /** Told once, of work that used `hangMs` of processor time, or took ten times that. */
  onHang(): void;
}

/** Looks in each `hangMs`. */
const LOOK_COUNT = 4;
/** Work that uses no processor hangs too, in the end. */
const WAITING_FACTOR = 10;

/** One timer for all work of a thread; it runs while there is any. */
export class HangWatch {
  readonly #options: HangWatchOptions;
  #timer: TimerHandle | undefined;
  #seen: { readonly work: number; readonly sinceMs: number; readonly cpuMs: number | undefined } | undefined;

  constructor(options: HangWatchOptions) {
    this.#options = options;
  }

  /** Goes on looking; idempotent. */
  start(): void {
    const { clock, hangMs } = this.#options;
    this.#timer ??= clock.setTimer(hangMs / LOOK_COUNT, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  /** Ends the looking. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#seen = undefined;
  }

  #look(): void {
    const { clock, hangMs } = this.#options;
    const work = this.#options.current();
    if (work === undefined) return this.stop();
    const cpuMs = this.#options.cpuMs();
    const nowMs = clock.monotonicMs();
    if (this.#seen?.work !== work) this.#seen = { work, sinceMs: nowMs, cpuMs };
    const tookMs = nowMs - this.#seen.sinceMs;
    const usedMs = cpuMs === undefined || this.#seen.cpuMs === undefined ? tookMs : cpuMs - this.#seen.cpuMs;
    if (usedMs >= hangMs || tookMs >= WAITING_FACTOR * hangMs) return this.#options.onHang();
    this.start();
  }
}

/** Name of the calling thread for {@link threadCpuMs}; null where the system has none. */
export function threadName(): string | null {
  try {
    return readlinkSync('/proc/thread-self');
  } catch {
    return null;
  }
}

/** Processor time of a thread of this process, ms, in steps of 10. @source proc(5), utime and stime */
export function threadCpuMs(name: string | null): number | undefined {
  if (name === null) return undefined;
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
    // The second field may hold spaces; those behind its bracket do not. Ticks are 1/100 s for every reader.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}
