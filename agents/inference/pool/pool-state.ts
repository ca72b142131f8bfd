/** Requests and workers of one pool: who waits, who runs, who is refused. No actor, no thread, no own time. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Device } from '../model-runner.ts';
import { Batcher } from './batcher.ts';
import type { BatchLimits } from './batcher.ts';
import { InferenceCall } from './inference-call.ts';
import type { InferenceRow } from './inference-call.ts';
import { PoisonList } from './poison-list.ts';
import { PoolFigures } from './pool-figures.ts';
import type { FromWorker, PoolMessage } from './pool-messages.ts';
import type { BatchResult, CostLine, LifeEnd, RunnerBatch } from './runner-life.ts';
import { costBy } from './runner-life.ts';
import { WorkerSlot } from './worker-slot.ts';

/** Settings of a pool. */
export interface PoolSettings {
  readonly workerCount: number;
  readonly limits: BatchLimits;
  /** Where a GPU runs the model; default: the same. */
  readonly gpuLimits?: BatchLimits;
  /** Texts that may wait. */
  readonly queueRowMax: number;
  /** Characters that may wait, in all texts together. */
  readonly queueCharacterMax: number;
  /** In the order in which they are tried. */
  readonly devices: readonly Device[];
}

/** What the state asks its actor to do. */
export interface PoolEffects {
  nowMs(): number;
  /** Gives a batch to a worker. */
  run(index: number, number: number, batch: RunnerBatch): void;
  /** Told of each request that was refused. */
  onRefused(code: string): void;
}

/** Execution providers that compute on a GPU. */
export const GPU_PROVIDERS: readonly string[] = ['cuda', 'webgpu'];
/** Batches that a worker holds: the next lies ready while it works, once a full one waits. */
const HELD_MAX_COUNT = 2;
/** A text that ended this many workers is refused. */
const STRIKE_MAX_COUNT = 2;
/** Until a runner has said what texts cost it. */
const GUESSED_COST: CostLine = { base: 1, perCharacter: 0.25, max: 512 };
const RETRY_MIN_MS = 10;
const RETRY_MAX_MS = 10_000;

/** State of one incarnation of a pool's actor. */
export class PoolState {
  readonly workers: readonly WorkerSlot[];
  readonly figures: PoolFigures;
  isDraining = false;
  /** Devices that the next life tries. */
  devices: readonly Device[];
  /** Why devices were given up for this incarnation. */
  readonly givenUp: string[] = [];
  readonly #settings: PoolSettings;
  readonly #effects: PoolEffects;
  readonly #batcher: Batcher<InferenceRow>;
  readonly #calls = new Map<number, InferenceCall>();
  readonly #poison = new PoisonList();
  #cost = GUESSED_COST;
  #waitingCharacters = 0;
  #batchNumber = 0;

  constructor(settings: PoolSettings, effects: PoolEffects) {
    this.#settings = settings;
    this.devices = settings.devices;
    this.#effects = effects;
    this.#batcher = new Batcher(settings.limits);
    this.figures = new PoolFigures(effects.nowMs());
    this.workers = Array.from({ length: settings.workerCount }, () => new WorkerSlot());
  }

  get queuedRows(): number {
    return this.#batcher.rowCount;
  }

  get nowMs(): number {
    return this.#effects.nowMs();
  }

  /** Requests that are not answered yet. */
  get openCount(): number {
    return this.#calls.size;
  }

  /** Takes a request or refuses it. */
  submit({ id, texts, budgetMs, replyTo }: Extract<PoolMessage, { type: 'infer' }>): void {
    const startedMs = this.#effects.nowMs();
    const deadlineMs = startedMs + budgetMs;
    const call = new InferenceCall({ id, rowCount: texts.length, startedMs, deadlineMs, replyTo });
    const refusal = this.#refusalOf(texts, startedMs);
    if (refusal) return this.#refuse(call, refusal);
    this.#calls.set(id, call);
    this.#batcher.push(
      texts.map((text, at) => {
        this.#waitingCharacters += text.length;
        return { call, at, text, cost: costBy(this.#cost, text), deadlineMs, strikes: 0, isAlone: false };
      }),
    );
  }

  /** Nobody waits any more; what runs already is thrown away when it comes. */
  cancel(id: number, error: WitanError): void {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#refuse(call, error);
    this.#sweep();
  }

  ready({ index, info }: Extract<FromWorker, { type: 'worker-ready' }>): void {
    const { limits, gpuLimits = limits } = this.#settings;
    this.#cost = info.cost;
    this.#batcher.setLimits(GPU_PROVIDERS.includes(info.provider) ? gpuLimits : limits);
    this.workers[index]!.becameReady(info, this.#effects.nowMs());
  }

  answered({ index, batch, result }: Extract<FromWorker, { type: 'worker-answered' }>): void {
    const slot = this.workers[index]!;
    const rows = slot.taken(batch, this.#effects.nowMs());
    if (!rows) return;
    if (result.type === 'rows') this.#answer(slot, rows, result);
    else if (result.type === 'expired') this.#expire(rows);
    else {
      slot.isEnding();
      // What was closed on purpose says nothing of what it was working on.
      if (result.wasRunning && result.error.code !== 'stopped') this.#retry(rows);
      else this.#giveBack(this.#live(rows));
    }
  }

  /** A worker has ended; its pool starts another after some time. */
  ended({ index, end }: Extract<FromWorker, { type: 'worker-ended' }>): void {
    this.figures.restarts += 1;
    this.workers[index]!.hasEnded(this.#givesUpDevice(end) ? undefined : end.error);
    const failure = this.failure();
    if (failure) this.failAll(failure);
  }

  /** Why no request can be answered; undefined where a worker is ready or may become so. */
  failure(): WitanError | undefined {
    const reasons = this.workers.map(({ failure }) => failure);
    if (!reasons.every((reason) => reason !== undefined)) return undefined;
    const message = `no worker can be started: ${reasons[0]!.message}`;
    return new WitanError('unavailable', message, { retryAfterMs: RETRY_MAX_MS }, reasons[0]);
  }

  /** A device whose probe takes its worker down is not tried again while there is another. */
  #givesUpDevice({ error, probing }: LifeEnd): boolean {
    if (probing === undefined || error.details['hasProbedAll'] === true) return false;
    const left = this.devices.filter((device) => device !== probing);
    if (left.length === 0) return false;
    if (left.length < this.devices.length) this.givenUp.push(`${probing}: its probe ended the worker`);
    this.devices = left;
    return true;
  }

  failAll(error: WitanError): void {
    for (const call of [...this.#calls.values()]) this.#refuse(call, error);
    this.#sweep();
  }

  /** Gives batches to workers that are free. @returns Time after which to try again, ms; undefined: no need */
  dispatch(): number | undefined {
    const nowMs = this.#effects.nowMs();
    let wakeMs: number | undefined;
    for (let held = 0; held < HELD_MAX_COUNT; held += 1) {
      for (const [index, slot] of this.workers.entries()) {
        if (this.#batcher.rowCount === 0) return undefined;
        if (!slot.isReady || slot.heldCount !== held) continue;
        // An idle worker takes at once; the second batch of a busy one must be worth it.
        const atMs = held === 0 ? this.#batcher.takesAtMs(slot) : this.#batcher.isFull ? nowMs : Infinity;
        if (atMs <= nowMs) this.#give(index, slot, nowMs);
        else if (atMs < Infinity) wakeMs = Math.min(wakeMs ?? Infinity, atMs - nowMs);
      }
    }
    return wakeMs;
  }

  #give(index: number, slot: WorkerSlot, nowMs: number): void {
    const { batch, late } = this.#batcher.take(nowMs, (cost) => this.figures.bestMs(cost));
    for (const { text } of [...late, ...batch]) this.#waitingCharacters -= text.length;
    if (late.length > 0) this.#expire(late);
    const rows = this.#live(batch);
    if (rows.length === 0) return;
    const number = (this.#batchNumber += 1);
    slot.given(number, rows);
    const budgetMs = Math.max(...rows.map(({ deadlineMs }) => deadlineMs)) - nowMs;
    this.#effects.run(index, number, { texts: rows.map(({ text }) => text), budgetMs });
  }

  #answer(
    slot: WorkerSlot,
    batch: readonly InferenceRow[],
    { rows, elapsedMs }: Extract<BatchResult, { type: 'rows' }>,
  ): void {
    const nowMs = this.#effects.nowMs();
    const cost = batch.length * Math.max(...batch.map((row) => row.cost));
    this.figures.batch({ rowCount: batch.length, cost, elapsedMs });
    slot.hasAnswered = true;
    let hasFailed = false;
    for (const [place, { call, at }] of batch.entries()) {
      const row = rows[place]!;
      if ('fault' in row) {
        this.#refuse(call, new WitanError(row.fault, row.message, { path: `texts.${at}` }));
        hasFailed ||= call.rowCount > 1;
      } else if (call.complete(at, row, slot.provider)) {
        this.#calls.delete(call.id);
        this.figures.answered(call.rowCount, nowMs - call.startedMs, nowMs);
      }
    }
    if (hasFailed) this.#sweep();
  }

  /** Rows that a worker ended with: by themselves once more, so that only the one to blame is refused. */
  #retry(rows: readonly InferenceRow[]): void {
    const nowMs = this.#effects.nowMs();
    const again: InferenceRow[] = [];
    for (const row of this.#live(rows)) {
      const strikes = row.strikes + 1;
      if (strikes < STRIKE_MAX_COUNT) again.push({ ...row, strikes, isAlone: true });
      else {
        this.#poison.add(row.text, nowMs);
        this.#refuse(row.call, poisonError(row.at));
      }
    }
    this.#giveBack(again);
    this.#sweep();
  }

  #giveBack(rows: readonly InferenceRow[]): void {
    for (const { text } of rows) this.#waitingCharacters += text.length;
    this.#batcher.giveBack(rows);
  }

  #expire(rows: readonly InferenceRow[]): void {
    for (const { call } of rows)
      this.#refuse(call, new WitanError('deadline_exceeded', 'the text could not be answered in its time'));
    this.#sweep();
  }

  #live(rows: readonly InferenceRow[]): readonly InferenceRow[] {
    return rows.filter(({ call }) => !call.isSettled);
  }

  #refuse(call: InferenceCall, error: WitanError): void {
    this.#calls.delete(call.id);
    if (!call.refuse(error)) return;
    this.figures.refusal(error.code);
    this.#effects.onRefused(error.code);
  }

  #sweep(): void {
    this.#removed(({ call }) => call.isSettled);
  }

  #removed(isGone: (row: InferenceRow) => boolean): readonly InferenceRow[] {
    const rows = this.#batcher.remove(isGone);
    for (const { text } of rows) this.#waitingCharacters -= text.length;
    return rows;
  }

  #refusalOf(texts: readonly string[], nowMs: number): WitanError | undefined {
    if (this.isDraining) return new WitanError('unavailable', 'the pool takes no more requests');
    const { queueRowMax, queueCharacterMax } = this.#settings;
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    if (texts.length > queueRowMax || characters > queueCharacterMax) {
      const expected = `at most ${queueRowMax} texts of ${queueCharacterMax} characters together`;
      return new WitanError('too_large', 'the request is larger than the line', { path: 'texts', expected });
    }
    const poisoned = texts.findIndex((text) => this.#poison.has(text, nowMs));
    if (poisoned >= 0) return poisonError(poisoned);
    const isFull = (): boolean =>
      this.queuedRows + texts.length > queueRowMax ||
      this.#waitingCharacters + characters > queueCharacterMax;
    if (isFull()) this.#expire(this.#removed(({ deadlineMs }) => deadlineMs <= nowMs));
    if (isFull()) {
      return new WitanError('overloaded', `${this.queuedRows} texts wait`, {
        retryAfterMs: this.#retryAfterMs(),
      });
    }
    return this.failure();
  }

  #retryAfterMs(): number {
    const waitMs = this.figures.meanMs(this.#batcher.cost) / this.workers.length;
    return Math.ceil(Math.min(RETRY_MAX_MS, Math.max(RETRY_MIN_MS, waitMs)));
  }
}

function poisonError(at: number): WitanError {
  const details = { path: `texts.${at}`, reason: 'poison' };
  return new WitanError('invalid_argument', `the text ended ${STRIKE_MAX_COUNT} workers`, details);
}
