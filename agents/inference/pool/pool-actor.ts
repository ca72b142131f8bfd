/** `/inference/pool/<model>`: the pool of one model; its workers are its children. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorContext, Behavior } from '../../../runtime/kernel/actor.ts';
import { spawn } from '../../../runtime/kernel/index.ts';
import type { TelemetryPort } from '../../../runtime/kernel/ports/telemetry.ts';
import type { ActorRef, AnyRef } from '../../../runtime/kernel/ref.ts';
import { Backoff } from '../../../supervisors/backoff.ts';
import type { BackoffOptions } from '../../../supervisors/backoff.ts';
import type { LoadedModel } from '../model-runner.ts';
import type { PoolMessage, WorkerMessage } from './pool-messages.ts';
import { PoolState } from './pool-state.ts';
import type { PoolSettings } from './pool-state.ts';
import { deviceLine, statusOf } from './pool-status.ts';
import type { LifeEnd, StartLife } from './runner-life.ts';
import { spawnWorker } from './worker-actor.ts';

/** What a pool is made with. */
export interface PoolOptions extends PoolSettings {
  readonly model: LoadedModel;
  readonly startLife: StartLife;
  readonly backoff?: BackoffOptions;
  readonly telemetry?: TelemetryPort | undefined;
}

/** State of the actor: the pool's own, and what only an actor has. */
interface Incarnation {
  readonly pool: PoolState;
  readonly workers: readonly ActorRef<WorkerMessage>[];
  readonly backoff: Backoff;
  readonly onDrained: ActorRef<'drained'>[];
  toldProvider: string | undefined;
}

type Context = ActorContext<PoolMessage>;

const STOP_GRACE_MS = 6_000;
const MAILBOX_CAPACITY = 4_096;
/** Slots that a flood of requests must leave to workers, and to those who give up. */
const RESERVED_COUNT = 1_024;

/** Name of a model's pool below `/inference/pool`: a ref without what a path cannot hold. */
export function poolName(ref: string): string {
  return ref.replaceAll('/', '.').replaceAll('#', '~');
}

/** Spawns the pool of a model; its workers start at once. */
export function spawnModelPool(parent: AnyRef, options: PoolOptions): ActorRef<PoolMessage> {
  // One closure per actor: `onCrash` gets no state, and has to know the workers all the same.
  let current: Incarnation | undefined;
  const behavior: Behavior<Incarnation, PoolMessage> = (state, message, ctx) => {
    handle(state, message, { ctx, options });
    const wakeMs = state.pool.dispatch();
    if (wakeMs !== undefined) ctx.setTimer('wake', wakeMs, { type: 'wake' });
    if (state.pool.isDraining && state.pool.openCount === 0)
      for (const waiting of state.onDrained.splice(0)) waiting.tell('drained');
    return state;
  };
  return spawn<Incarnation, PoolMessage>(parent, behavior, poolName(options.model.ref), {
    behaviorName: 'inference-pool',
    mailbox: {
      capacity: MAILBOX_CAPACITY,
      reserved: RESERVED_COUNT,
      isReserved: ({ type }) => type !== 'infer',
    },
    initialStateFunc: (ctx) => {
      current?.pool.failAll(new WitanError('unavailable', `${ctx.path} was restarted`));
      return (current = begin(options, ctx));
    },
    afterStop: ({ pool }, { path }) => pool.failAll(new WitanError('unavailable', `${path} has stopped`)),
    stopGraceMs: STOP_GRACE_MS,
    stateName: ({ pool }) => `${pool.queuedRows} wait`,
    onSignal: (state, signal) => {
      if (signal.kind !== 'terminated' || !state.workers.some((worker) => worker === signal.ref))
        return state;
      // Workers live as long as their pool; one that was stopped by itself makes the pool start anew.
      throw new WitanError('crashed', `${signal.ref.name} has ended`);
    },
    onCrash: (_message, _error, { system }, child) => {
      const index = child && current ? current.workers.findIndex((worker) => worker === child) : -1;
      if (index < 0 || !current) return 'escalate';
      // A text that ends a worker says nothing against the next one; a worker that ends by itself does.
      const { hasAnswered } = current.pool.workers[index]!;
      const delayMs = hasAnswered ? 0 : current.backoff.next(system.clock.monotonicMs());
      return { directive: 'reset-child', delayMs };
    },
  });
}

function begin(options: PoolOptions, ctx: Context): Incarnation {
  const { model, startLife, telemetry } = options;
  const { clock, random } = ctx.system;
  const workers: ActorRef<WorkerMessage>[] = [];
  const labels = { model: model.manifest.id };
  const pool = new PoolState(options, {
    nowMs: () => clock.monotonicMs(),
    run: (index, number, batch) => workers[index]!.tell({ type: 'run', number, batch }),
    onRefused: (code) => telemetry?.count('inference_refusals', 1, { ...labels, code }),
  });
  const state: Incarnation = {
    pool,
    workers,
    backoff: new Backoff(random, options.backoff),
    onDrained: [],
    toldProvider: undefined,
  };
  for (let index = 0; index < options.workerCount; index += 1) {
    const start = () => startLife(model, pool.devices);
    const worker = spawnWorker(ctx.self, { index, pool: ctx.self, start });
    workers.push(worker);
    ctx.watch(worker);
  }
  return state;
}

function handle(state: Incarnation, message: PoolMessage, at: { ctx: Context; options: PoolOptions }): void {
  const { pool } = state;
  const { ctx, options } = at;
  switch (message.type) {
    case 'infer':
      return pool.submit(message);
    case 'cancel':
      return pool.cancel(message.id, message.error);
    case 'status':
      return message.replyTo.tell(statusOf(pool, options.model, ctx.path));
    case 'drain':
      pool.isDraining = true;
      state.onDrained.push(message.replyTo);
      return;
    case 'worker-ready':
      pool.ready(message);
      return tellProvider(state, message.info.provider, at);
    case 'worker-answered':
      pool.answered(message);
      return tellBatch(message, pool.queuedRows, options);
    case 'worker-ended':
      pool.ended(message);
      return tellEnd(message.end, at);
    case 'wake':
      return;
  }
}

function tellEnd(
  { error, probing }: LifeEnd,
  { ctx, options }: { ctx: Context; options: PoolOptions },
): void {
  const { telemetry, model } = options;
  ctx.log.error('a worker has ended', { model: model.ref, error: error.message, probing: probing ?? null });
  telemetry?.count('inference_worker_ends', 1, { model: model.manifest.id, code: error.code });
}

function tellProvider(
  state: Incarnation,
  provider: string,
  { ctx, options }: { ctx: Context; options: PoolOptions },
): void {
  if (state.toldProvider === provider) return;
  state.toldProvider = provider;
  const { model } = options;
  const { passedOver, device } = deviceLine(state.pool);
  ctx.log.info(`model runs on ${provider}; ${device}`, { model: model.ref, provider, passedOver });
}

function tellBatch(
  { result }: Extract<PoolMessage, { type: 'worker-answered' }>,
  queuedRows: number,
  { telemetry, model }: PoolOptions,
): void {
  if (!telemetry || result.type !== 'rows') return;
  const labels = { model: model.manifest.id };
  telemetry.time('inference_ms', result.elapsedMs, labels);
  telemetry.count('inference_rows', result.rows.length, labels);
  telemetry.observe?.('inference_batch_rows', result.rows.length, labels);
  telemetry.gauge('inference_queue', queuedRows, labels);
}
