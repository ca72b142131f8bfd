/** A runner in the own process: for tests and for models whose work is too small for a thread. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Clock, TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { Device, LoadedModel, OpenRunner } from '../model-runner.ts';
import { RunnerHost } from './runner-host.ts';
import type { BatchResult, LifeEnd, RunnerBatch, RunnerInfo, RunnerLife, StartLife } from './runner-life.ts';

/** Settings of such lives. */
export interface InProcessOptions {
  readonly clock: Clock;
  /** `end` ends the life as a crash would. */
  readonly open: (end: (error: WitanError) => void) => OpenRunner;
  /** Longest time of one batch. */
  readonly hangMs: number;
}

/** Lives in the own process: the same contract, but a runner that computes for ever is not ended. */
export function inProcessLives(options: InProcessOptions): StartLife {
  return (model, devices) => new InProcessLife(options, model, devices);
}

class InProcessLife implements RunnerLife {
  readonly ready: Promise<RunnerInfo>;
  readonly ended: Promise<LifeEnd>;
  readonly #options: InProcessOptions;
  readonly #host: Promise<RunnerHost>;
  #turn: Promise<unknown>;
  #end: LifeEnd | undefined;
  #probing: Device | undefined;
  #current: RunnerBatch | undefined;
  #timer: TimerHandle | undefined;
  #resolveEnded!: (end: LifeEnd) => void;
  #onEnd = new Set<(end: LifeEnd) => void>();

  constructor(options: InProcessOptions, model: LoadedModel, devices: readonly Device[]) {
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    const open = options.open((error) => this.#endWith(error));
    const onProbe = (device: Device): void => void (this.#probing = device);
    this.#host = Promise.resolve().then(() => RunnerHost.open({ model, open, devices, onProbe }));
    this.ready = new Promise((resolve) => {
      this.#host.then(
        ({ info }) => {
          this.#probing = undefined;
          if (!this.#end) resolve(info);
        },
        (error: unknown) => this.#endWith(toWitanError(error)),
      );
    });
    this.#turn = this.#host.catch(() => undefined);
  }

  run(batch: RunnerBatch): Promise<BatchResult> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + batch.budgetMs;
    if (this.#end) return Promise.resolve(this.#lost(batch, this.#end));
    return new Promise((resolve) => {
      const onEnd = (end: LifeEnd): void => resolve(this.#lost(batch, end));
      this.#onEnd.add(onEnd);
      this.#turn = this.#turn.then(async () => {
        if (this.#end) return;
        const result = await this.#work(batch, untilMs);
        if (this.#end) return;
        this.#onEnd.delete(onEnd);
        resolve(result);
      });
    });
  }

  async close(): Promise<void> {
    this.#endWith(new WitanError('stopped', 'the runner was closed'));
    await this.#host.then((host) => host.close()).catch(() => undefined);
  }

  async #work(batch: RunnerBatch, untilMs: number): Promise<BatchResult> {
    const { clock, hangMs } = this.#options;
    if (clock.monotonicMs() >= untilMs) return { type: 'expired' };
    const startMs = clock.monotonicMs();
    this.#current = batch;
    this.#timer = clock.setTimer(hangMs, () =>
      this.#endWith(new WitanError('unavailable', `a batch took more than ${hangMs} ms`)),
    );
    const rows = await (await this.#host).answer(batch.texts);
    if (!this.#end) this.#current = undefined;
    this.#timer?.cancel();
    return { type: 'rows', rows, elapsedMs: clock.monotonicMs() - startMs };
  }

  #lost(batch: RunnerBatch, { error }: LifeEnd): BatchResult {
    return { type: 'ended', error, wasRunning: batch === this.#current };
  }

  #endWith(error: WitanError): void {
    if (this.#end) return;
    this.#end = { error, probing: this.#probing };
    this.#timer?.cancel();
    for (const onEnd of this.#onEnd) onEnd(this.#end);
    this.#onEnd.clear();
    this.#resolveEnded(this.#end);
  }
}
