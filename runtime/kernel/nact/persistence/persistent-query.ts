/** nact's read model: folds the events of a key on demand. */
import type { Clock, TimerHandle } from '../../clock.ts';
import type { Ref } from '../references.ts';
import type { ActorSystem } from '../system.ts';
import * as systemMap from '../system-map.ts';
import { safeTimeoutMs } from '../time.ts';
import { PersistedSnapshot } from './persistence-engine.ts';
import type { PersistedEvent, PersistenceEngine } from './persistence-engine.ts';

/** Properties of a persistent query. */
export interface PersistentQueryProps<State, Msg> {
  snapshotKey?: string;
  /** Number of events between snapshots; needs `snapshotKey`. */
  snapshotEvery?: number;
  /** Keeps the folded state this long, ms. */
  cacheDuration?: number;
  snapshotEncoder?: (state: State) => unknown;
  snapshotDecoder?: (stored: unknown) => State;
  encoder?: (message: Msg) => unknown;
  decoder?: (stored: unknown) => Msg;
  initialState?: State;
}

type Fold = (state: unknown, message: unknown) => unknown;
type Properties = PersistentQueryProps<unknown, unknown>;

const same = (value: unknown): unknown => value;

class PersistentQuery {
  readonly #f: Fold;
  readonly #key: string;
  readonly #engine: PersistenceEngine;
  readonly #clock: Clock;
  readonly #properties: Properties;
  #state: unknown;
  #sequenceNumber = 0;
  #eventsToSnapshot: number;
  #snapshotRead = false;
  #running: Promise<unknown> | undefined;
  #expiry: TimerHandle | undefined;

  constructor(
    f: Fold,
    key: string,
    made: { engine: PersistenceEngine; clock: Clock; properties: Properties },
  ) {
    this.#f = f;
    this.#key = key;
    this.#engine = made.engine;
    this.#clock = made.clock;
    this.#properties = made.properties;
    this.#state = made.properties.initialState;
    this.#eventsToSnapshot = made.properties.snapshotEvery || Infinity;
  }

  /** The state; calls that come while it is being folded share one promise. */
  run(): Promise<unknown> {
    this.#running ??= this.#fold().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #fold(): Promise<unknown> {
    this.#expiry?.cancel();
    try {
      await this.#readSnapshot();
      const fold = async (previous: Promise<number>, event: PersistedEvent): Promise<number> => {
        const count = await previous;
        if (!event.isDeleted) {
          this.#state = await this.#f(this.#state, (this.#properties.decoder ?? same)(event.data));
        }
        this.#sequenceNumber = event.sequenceNumber;
        return event.isDeleted ? count : count + 1;
      };
      const events = this.#engine.events(this.#key, this.#sequenceNumber);
      this.#eventsToSnapshot -= await events.reduce<Promise<number>>(fold, Promise.resolve(0));
    } catch (error) {
      this.#forget();
      throw error;
    }
    const state = this.#state;
    await this.#snapshotIfDue(state);
    const { cacheDuration } = this.#properties;
    if (cacheDuration)
      this.#expiry = this.#clock.setTimer(safeTimeoutMs(cacheDuration), () => this.#forget());
    return state;
  }

  async #readSnapshot(): Promise<void> {
    const { snapshotKey, snapshotDecoder = same } = this.#properties;
    if (!snapshotKey || this.#snapshotRead) return;
    const snapshot = await this.#engine.latestSnapshot(snapshotKey);
    this.#snapshotRead = true;
    if (!snapshot) return;
    this.#state = snapshotDecoder(snapshot.data);
    this.#sequenceNumber = snapshot.sequenceNumber;
  }

  async #snapshotIfDue(state: unknown): Promise<void> {
    const { snapshotEvery, snapshotKey, snapshotEncoder = same } = this.#properties;
    if (!snapshotEvery || !snapshotKey || this.#eventsToSnapshot > 0) return;
    try {
      await this.#engine.takeSnapshot(
        new PersistedSnapshot(snapshotEncoder(state), this.#sequenceNumber, snapshotKey),
      );
      this.#eventsToSnapshot = snapshotEvery;
    } catch {
      // The answer stands without its snapshot; the next query tries again.
      this.#eventsToSnapshot = 0;
    }
  }

  #forget(): void {
    this.#state = this.#properties.initialState;
    this.#sequenceNumber = 0;
    this.#eventsToSnapshot = this.#properties.snapshotEvery || Infinity;
    this.#snapshotRead = false;
  }
}

/**
 * Function that folds the events under `key` and gives the state; it continues from where the last call
 * ended.
 *
 * @throws Error when a key is no string, or `snapshotEvery` or `cacheDuration` no number
 */
export function persistentQuery<State, Msg>(
  parent: Ref<never>,
  f: (state: State, message: Msg) => State | Promise<State>,
  key: string,
  properties: PersistentQueryProps<State, Msg> = {},
): () => Promise<State> {
  const { snapshotKey, snapshotEvery, cacheDuration } = properties;
  if (!key || typeof key !== 'string') throw new Error('Persistence key required, as a string');
  if (snapshotKey && typeof snapshotKey !== 'string') throw new Error('snapshotKey must be of type string');
  if (snapshotEvery && typeof snapshotEvery !== 'number') {
    throw new Error('snapshotEvery is the number of messages between snapshots');
  }
  if (snapshotEvery && !snapshotKey) throw new Error('snapshotEvery needs a snapshotKey');
  if (cacheDuration && typeof cacheDuration !== 'number')
    throw new Error('cacheDuration is a number of milliseconds');
  const create = ({ system }: { system: ActorSystem }): PersistentQuery => {
    const engine = system.persistenceEngine;
    if (!engine) throw new Error('No persistence engine: start the system with configurePersistence(engine)');
    const made = { engine, clock: system.kernel.clock, properties: properties as Properties };
    return new PersistentQuery(f as Fold, key, made);
  };
  const query = systemMap.applyOrThrowIfStopped(parent, create as (concrete: never) => PersistentQuery);
  return () => query.run() as Promise<State>;
}
