/** The inference port over pools: one pool a model, started when the model is first asked. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';
import type { TimerHandle } from '../../../runtime/kernel/clock.ts';
import { within } from '../../kit/within-budget.ts';
import { query } from '../../../runtime/kernel/index.ts';
import type { ActorSystem } from '../../../runtime/kernel/index.ts';
import type {
  InferencePort,
  InferenceRequest,
  InferenceRows,
} from '../../../runtime/kernel/ports/inference.ts';
import type { ActorRef, AnyRef } from '../../../runtime/kernel/ref.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import type { SupervisorMessage } from '../../../supervisors/supervisor.ts';
import type { LoadedModel } from '../model-runner.ts';
import { poolName, spawnModelPool } from './pool-actor.ts';
import type { PoolOptions } from './pool-actor.ts';
import type { InferReply, PoolMessage, PoolStatus } from './pool-messages.ts';

/**
 * Finds a model by `id`, `id@version` or an alias; undefined: there is none. Asked for each request, so it
 * gives what it has read before; a promise where it must read first.
 */
export type ModelLookup = (name: string) => LoadedModel | undefined | Promise<LoadedModel | undefined>;

/** What pools are made with; a function where it depends on the model. */
export interface InferencePoolsOptions {
  readonly system: ActorSystem;
  readonly lookup: ModelLookup;
  readonly poolOptions: (model: LoadedModel) => Omit<PoolOptions, 'model'>;
  /** A pool of a replaced version that was not asked for this long is stopped (default 60,000). */
  readonly replacedIdleMs?: number;
}

/** A model that is not ready. */
export interface UnwarmedModel {
  readonly model: string;
  readonly error: WitanError;
}

/** Names of the two supervisors; pools are below. */
const ROOT = 'inference';
const POOLS_PATH = `/${ROOT}/pool`;
const REPLACED_IDLE_MS = 60_000;
const STATUS_MS = 1_000;
/** A pool refuses in time by itself; past this it is taken for gone. */
const BACKSTOP_MS = 250;
const RETRY_AFTER_MS = 50;

/** Runs models on pools of this node. Makes no actor and no thread until it is asked for a model. */
export class InferencePools implements InferencePort {
  readonly #options: InferencePoolsOptions;
  /** Refs of the models that have a pool, with the time of their last request. */
  readonly #asked = new Map<string, { readonly id: string; readonly path: string; atMs: number }>();
  readonly #starting = new Map<string, Promise<ActorRef<PoolMessage>>>();
  #nextId = 1;
  #isClosing = false;
  #watch: TimerHandle | undefined;

  constructor(options: InferencePoolsOptions) {
    this.#options = options;
  }

  async infer({ model: name, texts }: InferenceRequest, budget: Budget): Promise<InferenceRows> {
    const bad = texts.findIndex((text) => typeof text !== 'string');
    if (bad >= 0) throw new WitanError('invalid_argument', 'a text is needed', { path: `texts.${bad}` });
    if (this.#isClosing) throw new WitanError('unavailable', 'the inference pools are closing');
    const found = this.#options.lookup(name);
    const model = found instanceof Promise ? await within(found, budget) : found;
    if (!model) throw new WitanError('not_found', `there is no model ${name}`, { path: 'model' });
    const remainingMs = budget.remainingMs();
    if (remainingMs <= 0) throw new WitanError('deadline_exceeded', 'no time is left');
    if (texts.length === 0) return { model: model.ref, provider: 'none', rows: [] };
    const running = this.#poolOf(model);
    const pool = running instanceof Promise ? await running : running;
    const id = this.#nextId++;
    let off: (() => void) | undefined;
    try {
      const asked = query<PoolMessage, InferReply>(
        pool,
        (replyTo) => ({ type: 'infer', id, texts, budgetMs: remainingMs, replyTo }),
        { timeoutMs: remainingMs + BACKSTOP_MS },
      );
      off = budget.onEnd((reason) => pool.tell({ type: 'cancel', id, error: endOf(reason) }));
      const reply = await asked;
      if (reply.type === 'refused') throw reply.error;
      return { model: model.ref, provider: reply.provider, rows: reply.rows };
    } catch (error) {
      throw portError(error);
    } finally {
      off?.();
    }
  }

  /** Starts the pools of models; resolves when each is ready or has failed, with what failed. */
  async warm(names: readonly string[], budget: Budget): Promise<readonly UnwarmedModel[]> {
    const warmed = names.map((model) =>
      this.infer({ model, texts: ['Hello.'] }, budget).then(
        () => [],
        (error: unknown) => [{ model, error: toWitanError(error) }],
      ),
    );
    return (await Promise.all(warmed)).flat();
  }

  /** Figures of every pool, by model. A pool that does not answer is left out. */
  async status(): Promise<readonly PoolStatus[]> {
    const { system } = this.#options;
    const asked = [...this.#asked.values()].map(async ({ path }) => {
      const pool = system.find(path) as ActorRef<PoolMessage> | undefined;
      if (!pool) return [];
      const reply = query<PoolMessage, PoolStatus>(pool, (replyTo) => ({ type: 'status', replyTo }), {
        timeoutMs: STATUS_MS,
      });
      return reply.then((status) => [status]).catch(() => []);
    });
    return (await Promise.all(asked)).flat();
  }

  /** Takes no more requests, answers those that it has for up to `graceMs`, then stops. Idempotent. */
  async close(graceMs = 5_000): Promise<void> {
    this.#isClosing = true;
    this.#watch?.cancel();
    const { system } = this.#options;
    const drained = [...this.#asked.values()].map(async ({ path }) => {
      const pool = system.find(path) as ActorRef<PoolMessage> | undefined;
      if (!pool || graceMs <= 0) return;
      const ask = (replyTo: ActorRef<'drained'>): PoolMessage => ({ type: 'drain', replyTo });
      await query<PoolMessage, 'drained'>(pool, ask, { timeoutMs: graceMs }).catch(() => undefined);
    });
    await Promise.all(drained);
    if (system.find(`/${ROOT}`)) await system.stopActor(`/${ROOT}`).catch(() => undefined);
  }

  #poolOf(model: LoadedModel): ActorRef<PoolMessage> | Promise<ActorRef<PoolMessage>> {
    const { system } = this.#options;
    const atMs = system.clock.monotonicMs();
    const known = this.#asked.get(model.ref);
    if (known) known.atMs = atMs;
    else {
      this.#asked.set(model.ref, { id: model.manifest.id, path: pathOf(model.ref), atMs });
      this.#watchReplaced();
    }
    const pool = system.find(known?.path ?? pathOf(model.ref));
    return (pool as ActorRef<PoolMessage> | undefined) ?? this.#started(model);
  }

  /** One start, however many ask meanwhile. */
  #started(model: LoadedModel): Promise<ActorRef<PoolMessage>> {
    let starting = this.#starting.get(model.ref);
    if (!starting) {
      starting = this.#start(model)
        .catch((error: unknown) => Promise.reject(portError(error)))
        .finally(() => this.#starting.delete(model.ref));
      this.#starting.set(model.ref, starting);
    }
    return starting;
  }

  async #start(model: LoadedModel): Promise<ActorRef<PoolMessage>> {
    const spec = {
      id: poolName(model.ref),
      start: (parent: AnyRef) => spawnModelPool(parent, { ...this.#options.poolOptions(model), model }),
    };
    const reply = await query<SupervisorMessage, AnyRef | WitanError>(
      this.#supervisor(),
      (replyTo) => ({ type: 'start-child', spec, replyTo }),
      { timeoutMs: STATUS_MS },
    );
    if (!(reply instanceof WitanError)) return reply as ActorRef<PoolMessage>;
    // Its supervisor knows it and is about to start it again.
    throw new WitanError('unavailable', `the pool of ${model.ref} is being started`, {
      retryAfterMs: RETRY_AFTER_MS,
    });
  }

  #supervisor(): ActorRef<SupervisorMessage> {
    const { system } = this.#options;
    const known = system.find(POOLS_PATH);
    if (known) return known as ActorRef<SupervisorMessage>;
    spawnSupervisor(system.root, ROOT, {
      children: [{ id: 'pool', start: (parent) => spawnSupervisor(parent, 'pool', { children: [] }) }],
    });
    return system.find(POOLS_PATH) as ActorRef<SupervisorMessage>;
  }

  /** Looks from time to time for replaced versions, while a model has several. */
  #watchReplaced(): void {
    const ids = [...this.#asked.values()].map(({ id }) => id);
    if (this.#watch || new Set(ids).size === ids.length) return;
    const { replacedIdleMs = REPLACED_IDLE_MS, system } = this.#options;
    this.#watch = system.clock.setTimer(replacedIdleMs, () => {
      this.#watch = undefined;
      this.#stopReplaced(system.clock.monotonicMs() - replacedIdleMs);
      this.#watchReplaced();
    });
  }

  /** Stops each pool that was not asked since, and of whose model a newer version was. */
  #stopReplaced(sinceMs: number): void {
    const supervisor = this.#options.system.find(POOLS_PATH) as ActorRef<SupervisorMessage> | undefined;
    for (const [ref, { id, atMs }] of this.#asked) {
      const isReplaced = [...this.#asked.values()].some((other) => other.id === id && other.atMs > atMs);
      if (!isReplaced || atMs > sinceMs) continue;
      this.#asked.delete(ref);
      supervisor?.tell({ type: 'stop-child', id: poolName(ref) });
    }
  }
}

function pathOf(ref: string): string {
  return `${POOLS_PATH}/${poolName(ref)}`;
}

function endOf(reason: unknown): WitanError {
  if (reason instanceof WitanError) return reason;
  return new WitanError('cancelled', 'nobody waits for the request any more', {}, reason);
}

/** What the port promises, in place of what actors say. */
function portError(thrown: unknown): WitanError {
  const error = toWitanError(thrown);
  const { code, message } = error;
  if (code === 'mailbox_full')
    return new WitanError('overloaded', message, { retryAfterMs: RETRY_AFTER_MS }, error);
  if (code === 'stopped' || code === 'crashed') return new WitanError('unavailable', message, {}, error);
  return error;
}
