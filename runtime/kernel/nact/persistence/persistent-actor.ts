/** nact's persistent actor: replays its stored events through its own function before the first message. */
import { WitanError } from '../../../../contracts/errors.ts';
import { DecidedCrash, NactActor } from '../actor.ts';
import type { AnyActorFunction, AnyActorProperties, NactParent } from '../actor.ts';
import { Letter, NactContext, NactCrashContext, NactPersistentContext } from '../context.ts';
import type { ActorFunc, ActorProps } from '../functions.ts';
import { Nobody } from '../references.ts';
import type { ActorReference, Ref } from '../references.ts';
import { directiveOf } from '../supervision.ts';
import * as systemMap from '../system-map.ts';
import { PersistedEvent, PersistedSnapshot } from './persistence-engine.ts';
import type { PersistenceEngine } from './persistence-engine.ts';

/** Properties of a persistent actor; encoders give what is stored. */
export interface PersistentActorProps<State, Msg> extends ActorProps<State, Msg> {
  /** Number of events between snapshots. */
  snapshotEvery?: number;
  snapshotEncoder?: (state: State) => unknown;
  snapshotDecoder?: (stored: unknown) => State;
  encoder?: (message: Msg) => unknown;
  decoder?: (stored: unknown) => Msg;
}

type Properties = AnyActorProperties & PersistentActorProps<unknown, unknown>;

const same = (value: unknown): unknown => value;
// The newest actor of a key is its writer; an older one that still lives is refused.
const writers = new WeakMap<PersistenceEngine, Map<string, PersistentActor>>();

interface Replay {
  state: unknown;
  eventCount: number;
  sequenceNumber: number;
}

class PersistentActor extends NactActor {
  readonly #key: string;
  readonly #engine: PersistenceEngine;
  readonly #snapshotEvery: number;
  #sequenceNumber = 0;
  #eventsToSnapshot = Infinity;
  /** Writes follow each other, so a failed one leaves no gap in the sequence. */
  #writes: Promise<unknown> = Promise.resolve();

  constructor(
    parent: NactParent,
    name: string | undefined,
    made: { f: AnyActorFunction; properties: Properties; key: string; engine: PersistenceEngine },
  ) {
    super(parent, name, made);
    this.#key = made.key;
    this.#engine = made.engine;
    this.#snapshotEvery = made.properties.snapshotEvery || Infinity;
  }

  protected override get needsInitialStateFunc(): boolean {
    return true;
  }

  protected override async initialState(): Promise<unknown> {
    await this.#writes.catch(() => undefined);
    const given =
      this.properties.initialStateFunc?.(new NactContext(this, undefined)) ?? this.properties.initialState;
    this.#claim();
    const replay = await this.#replay(await given);
    this.#sequenceNumber = replay.sequenceNumber;
    this.#eventsToSnapshot = this.#snapshotEvery - Math.max(0, replay.eventCount - 1);
    this.#snapshotIfDue(replay.state);
    return replay.state;
  }

  protected override handle(state: unknown, { message, sender }: Letter): unknown {
    const ctx = this.#context(sender, false);
    const next = this.f.call(ctx, state, message, ctx);
    if (next instanceof Promise) return next.then((settled: unknown) => this.#snapshotIfDue(settled));
    return this.#snapshotIfDue(next);
  }

  get #stored(): Properties {
    return this.properties as Properties;
  }

  #context(sender: Ref<never> | undefined, recovering: boolean): NactPersistentContext {
    const persist: NactPersistentContext['persist'] = (event, tags = [], ...properties) =>
      recovering ? Promise.resolve() : this.#persist(event, tags, properties);
    return new NactPersistentContext(this, sender, { recovering, persist });
  }

  async #replay(initial: unknown): Promise<Replay> {
    const snapshot = await this.#engine.latestSnapshot(this.#key);
    const start: Replay = { state: initial, eventCount: 0, sequenceNumber: 0 };
    if (snapshot) {
      start.state = (this.#stored.snapshotDecoder ?? same)(snapshot.data);
      start.sequenceNumber = snapshot.sequenceNumber;
    }
    const events = this.#engine.events(this.#key, start.sequenceNumber);
    const fold = async (previous: Promise<Replay>, event: PersistedEvent): Promise<Replay> => {
      const replay = await previous;
      const { sequenceNumber } = event;
      if (event.isDeleted) return { ...replay, sequenceNumber };
      const state = await this.#apply(replay.state, event);
      return { state, eventCount: replay.eventCount + 1, sequenceNumber };
    };
    return events.reduce<Promise<Replay>>(fold, Promise.resolve(start));
  }

  async #apply(state: unknown, event: PersistedEvent): Promise<unknown> {
    const message = (this.#stored.decoder ?? same)(event.data);
    const ctx = this.#context(this.reference as Ref<never>, true);
    try {
      return await this.f.call(ctx, state, message, ctx);
    } catch (error) {
      const letter = new Letter(message, new Nobody());
      const decision = directiveOf(
        await this.decide(letter, error, new NactCrashContext(this, undefined, [])),
      );
      if (decision === 'resume') return state;
      throw new DecidedCrash(decision, letter, error);
    }
  }

  #claim(): void {
    const claims = writers.get(this.#engine) ?? new Map<string, PersistentActor>();
    writers.set(this.#engine, claims.set(this.#key, this));
  }

  #persist(event: unknown, tags: string[], properties: unknown[]): Promise<void> {
    const data = (this.#stored.encoder ?? same)(event);
    this.#eventsToSnapshot -= 1;
    const write = async (): Promise<void> => {
      if (writers.get(this.#engine)?.get(this.#key) !== this) {
        throw new WitanError('stale_writer', `Another actor writes ${this.#key}`, { key: this.#key });
      }
      const stored = new PersistedEvent(data, this.#sequenceNumber + 1, this.#key, tags);
      await this.#engine.persist(stored, ...properties);
      this.#sequenceNumber += 1;
    };
    const written = this.#writes.then(write, write);
    this.#writes = written;
    // The actor may look at the promise late or never; the crash is its own.
    written.catch(() => undefined);
    return written;
  }

  #snapshotIfDue(state: unknown): unknown {
    if (this.#eventsToSnapshot > 0) return state;
    this.#eventsToSnapshot = this.#snapshotEvery;
    const data = (this.#stored.snapshotEncoder ?? same)(state);
    this.#writes
      .then(() => this.#engine.takeSnapshot(new PersistedSnapshot(data, this.#sequenceNumber, this.#key)))
      .catch((error: unknown) => this.log?.exception(error));
    return state;
  }
}

/**
 * Starts an actor whose events are stored under `key` in the system's engine (`configurePersistence`).
 *
 * Of two living actors with one key the newer writes; the older one's `ctx.persist` rejects with
 * `stale_writer`.
 * @throws Error when the key is no string, or `snapshotEvery` no number
 */
export function spawnPersistent<State, Msg>(
  parent: Ref<never>,
  f: ActorFunc<State, Msg>,
  ...[key, name, properties = {}]: [key: string, name?: string, properties?: PersistentActorProps<State, Msg>]
): ActorReference<Msg> {
  if (!key || typeof key !== 'string') throw new Error('Persistence key required, as a string');
  if (properties.snapshotEvery && typeof properties.snapshotEvery !== 'number') {
    throw new Error('snapshotEvery is the number of messages between snapshots');
  }
  const create = (concrete: NactParent): ActorReference => {
    concrete.assertNotStopped();
    const engine = concrete.system.persistenceEngine;
    if (!engine) throw new Error('No persistence engine: start the system with configurePersistence(engine)');
    const made = { f: f as AnyActorFunction, properties: properties as Properties, key, engine };
    return new PersistentActor(concrete, name, made).begin().reference;
  };
  return systemMap.applyOrThrowIfStopped(
    parent,
    create as (concrete: never) => ActorReference,
  ) as ActorReference<Msg>;
}
