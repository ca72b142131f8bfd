/**
 * nact's references: plain values that name an actor by system and path.
 *
 * The type parameter is the message type; it exists for the compiler alone.
 */
import type { ActorPath } from './paths.ts';

/** Address of an actor that takes messages of type `T`. */
export abstract class Ref<T> {
  declare protected readonly __message?: (message: T) => void;
  abstract readonly type: 'actor' | 'system' | 'temp' | 'nobody';
  abstract readonly system: { readonly name: string | undefined };
}

/** Sender of a message that nobody sent; telling it something has no effect. */
export class Nobody extends Ref<never> {
  readonly system = { name: undefined };
  readonly path = { parts: [] as string[] };
  readonly type = 'nobody';
}

/** Address that the answer of one query goes to. */
export class TemporaryReference<T = unknown> extends Ref<T> {
  readonly system: { readonly name: string };
  /** Unique within its system: a counter, never chance. */
  readonly id: number;
  readonly type = 'temp';

  constructor(systemName: string, id: number) {
    super();
    this.system = { name: systemName };
    this.id = id;
  }
}

/** Address of an actor. Valid for whoever lives at the path, as in nact. */
export class ActorReference<T = unknown> extends Ref<T> {
  readonly path: ActorPath;
  readonly name: string;
  readonly parent: Ref<never>;
  readonly system: { readonly name: string };
  readonly type = 'actor';

  constructor(systemName: string, parent: Ref<never>, at: { path: ActorPath; name: string }) {
    super();
    this.path = at.path;
    this.name = at.name;
    this.parent = parent;
    this.system = { name: systemName };
  }
}

/** Address of a system: parent of its top-level actors. */
export class ActorSystemReference extends Ref<never> {
  readonly path: ActorPath;
  readonly name: string;
  readonly system: { readonly name: string };
  readonly type = 'system';

  constructor(systemName: string, path: ActorPath) {
    super();
    this.path = path;
    this.name = systemName;
    this.system = { name: systemName };
  }
}
