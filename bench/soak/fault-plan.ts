/** Faults of a soak, given as an operator would: actors stopped, restarted and paused while decisions run. */
import { WitanError } from '../../index.ts';
import type { Host } from '../../index.ts';
import { FAULTS } from './disturbances.ts';
import type { Fault } from './disturbances.ts';

/** Twelve seats in turn: none is lost more often than its supervisor allows. */
const FAULT_EVERY_MS = 4_000;
const PAUSE_MS = 300;
const SEARCH_MS = 1_000;

/** Does one fault after another. */
export class FaultPlan {
  /** Faults done, by kind. */
  readonly totals: Record<string, number> = {};
  readonly #host: Host;
  readonly #order: readonly Fault[];
  #count = 0;
  #nextMs = performance.now() + FAULT_EVERY_MS;

  constructor(host: Host, faults: readonly Fault[]) {
    this.#host = host;
    this.#order = faults;
  }

  /** Does what is due until `untilMs` on the process's monotonic clock. */
  async run(untilMs: number): Promise<void> {
    while (this.#order.length > 0 && this.#nextMs < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.#nextMs - performance.now())));
      this.#nextMs += FAULT_EVERY_MS;
      await this.#next();
    }
  }

  async #next(): Promise<void> {
    const fault = this.#order[this.#count % this.#order.length]!;
    const turn = Math.floor(this.#count / this.#order.length);
    this.#count += 1;
    try {
      if (await this.#do(fault, turn)) this.totals[fault] = (this.totals[fault] ?? 0) + 1;
    } catch (error) {
      // A session may end before the command reaches it, and a seat may still be on its way back.
      if (!(error instanceof WitanError && error.code === 'not_found')) throw error;
    }
  }

  /** False: there was nothing to do it to. */
  async #do(fault: Fault, turn: number): Promise<boolean> {
    const host = this.#host;
    const path = await this.#awaited(fault, turn);
    if (path === undefined) return false;
    if (fault === 'pause-seat') {
      await host.command(path, 'pause');
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await host.command(path, 'resume');
    } else await host.command(path, fault.startsWith('restart') ? 'restart' : 'stop');
    return true;
  }

  /** A session lives for some milliseconds: it is looked for until one is there. */
  async #awaited(fault: Fault, turn: number): Promise<string | undefined> {
    const endMs = performance.now() + SEARCH_MS;
    for (;;) {
      const path = this.#target(fault, turn);
      if (path !== undefined || performance.now() > endMs) return path;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #target(fault: Fault, turn: number): string | undefined {
    const below = (folder: string, behavior: RegExp): readonly string[] =>
      this.#host.inspect
        .tree(folder)
        .filter((actor) => behavior.test(actor.behavior))
        .map(({ path }) => path);
    const among = (paths: readonly string[]): string | undefined => paths[turn % Math.max(1, paths.length)];
    if (fault === 'stop-session') return among(below('/council', /^councilSession$/));
    if (fault === 'restart-check') return among(['/platform/safety', '/platform/bias', '/platform/privacy']);
    if (fault === 'stop-decision') {
      return among(below('/platform/orchestrator/decision', /^(?!decision-folder)/));
    }
    // Each kind of fault begins at another seat.
    const seats = below('/council', /^seat-/);
    return seats[(turn + FAULTS.indexOf(fault) * 2) % Math.max(1, seats.length)];
  }
}
