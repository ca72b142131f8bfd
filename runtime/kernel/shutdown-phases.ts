/** Ordered shutdown: named phases with time limits, none of which can hold up the next. */
import type { Clock } from './clock.ts';

/** A phase: its tasks start together, and the next phase starts when they ended or `limitMs` passed. */
export interface ShutdownPhase {
  readonly name: string;
  readonly limitMs: number;
}

/** Does one thing of a phase; `signal` aborts when the phase's time is over. */
export type ShutdownTask = (signal: AbortSignal) => void | Promise<void>;

/** What became of one task. */
export interface ShutdownReport {
  readonly phase: string;
  readonly task: string;
  readonly outcome: 'done' | 'failed' | 'timed-out';
  readonly elapsedMs: number;
  /** Message of the failure. */
  readonly error?: string;
}

/** Settings of one shutdown. */
export interface ShutdownOptions {
  readonly clock: Clock;
  /** In order; names are unique. */
  readonly phases: readonly ShutdownPhase[];
  /** Told of each task as it ends. */
  readonly onReport?: (report: ShutdownReport) => void;
}

/** Phases that a node goes through, in order, with their usual limits. */
export const DEFAULT_SHUTDOWN_PHASES: readonly ShutdownPhase[] = [
  { name: 'close-doors', limitMs: 2_000 },
  { name: 'drain-decisions', limitMs: 10_000 },
  { name: 'stop-actors', limitMs: 5_000 },
  { name: 'flush-record', limitMs: 5_000 },
  { name: 'close-stores', limitMs: 3_000 },
  { name: 'flush-telemetry', limitMs: 1_000 },
];

interface NamedTask {
  readonly name: string;
  readonly run: ShutdownTask;
}

/** Collects tasks by phase and runs them once. */
export class ShutdownPhases {
  readonly #options: ShutdownOptions;
  readonly #tasks: ReadonlyMap<string, NamedTask[]>;
  #running: Promise<readonly ShutdownReport[]> | undefined;

  constructor(options: ShutdownOptions) {
    this.#options = options;
    this.#tasks = new Map(options.phases.map((phase) => [phase.name, []]));
    if (this.#tasks.size !== options.phases.length) throw new TypeError('phase names must be unique');
  }

  /** Adds a task to a phase; returns its removal. After `run` began a task is refused: @throws TypeError */
  add(phase: string, name: string, run: ShutdownTask): () => void {
    const tasks = this.#tasks.get(phase);
    if (!tasks) throw new TypeError(`there is no phase ${phase}`);
    if (this.#running) throw new TypeError('the shutdown has begun');
    const task = { name, run };
    tasks.push(task);
    return () => {
      const at = tasks.indexOf(task);
      if (at >= 0) tasks.splice(at, 1);
    };
  }

  /**
   * Runs all phases; never rejects. A second call gives the same promise.
   *
   * @param graceMs Time for all phases together; what is over it is cut from the later phases' limits.
   */
  run(graceMs = Infinity): Promise<readonly ShutdownReport[]> {
    this.#running ??= this.#runAll(this.#options.clock.monotonicMs() + graceMs);
    return this.#running;
  }

  async #runAll(deadlineMs: number): Promise<readonly ShutdownReport[]> {
    const reports: ShutdownReport[] = [];
    for (const phase of this.#options.phases) {
      const leftMs = Math.max(0, deadlineMs - this.#options.clock.monotonicMs());
      reports.push(...(await this.#runPhase(phase, Math.min(phase.limitMs, leftMs))));
    }
    return reports;
  }

  async #runPhase(phase: ShutdownPhase, limitMs: number): Promise<ShutdownReport[]> {
    const tasks = [...this.#tasks.get(phase.name)!];
    if (tasks.length === 0) return [];
    const { clock, onReport } = this.#options;
    const abort = new AbortController();
    const timer = clock.setTimer(limitMs, () => abort.abort(new Error(`phase ${phase.name} is out of time`)));
    const startedMs = clock.monotonicMs();
    const reports = await Promise.all(
      tasks.map(async (task) => {
        const end = await runTask(task, abort.signal);
        const report = {
          phase: phase.name,
          task: task.name,
          ...end,
          elapsedMs: clock.monotonicMs() - startedMs,
        };
        try {
          onReport?.(report);
        } catch {
          // A listener's fault must not cost the phases that are still to come.
        }
        return report;
      }),
    );
    timer.cancel();
    return reports;
  }
}

async function runTask(
  task: NamedTask,
  signal: AbortSignal,
): Promise<Pick<ShutdownReport, 'outcome' | 'error'>> {
  const timedOut = new Promise<'timed-out'>((resolve) => {
    signal.addEventListener('abort', () => resolve('timed-out'), { once: true });
  });
  try {
    const done = Promise.resolve(task.run(signal)).then(() => 'done' as const);
    return { outcome: await Promise.race([done, timedOut]) };
  } catch (error) {
    return { outcome: 'failed', error: error instanceof Error ? error.message : String(error) };
  }
}
