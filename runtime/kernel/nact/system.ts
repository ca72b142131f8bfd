/** A nact system on a kernel system of its own. */
import { start as kernelStart, stop as kernelStop } from '../index.ts';
import type { ActorRef, ActorSystem as KernelSystem, AnyRef, SystemOptions } from '../index.ts';
import type { NactActor, NactParent } from './actor.ts';
import type { LoggingFacade } from './monitoring/monitoring.ts';
import { ActorPath } from './paths.ts';
import type { PersistenceEngine } from './persistence/persistence-engine.ts';
import { ActorSystemReference } from './references.ts';
import type { ActorReference, Ref } from './references.ts';
import * as systemMap from './system-map.ts';

/** Configures a system while it starts (`configurePersistence`, `configureLogging`). */
export type Plugin = (system: ActorSystem) => void;

/** Name and kernel settings of a system. */
export interface StartOptions {
  name?: string;
  /** Clock, telemetry and the rest of the kernel's own settings. */
  kernel?: SystemOptions;
}

/** A running nact system. */
export class ActorSystem implements NactParent {
  readonly name: string;
  readonly path: ActorPath;
  readonly reference: ActorSystemReference;
  readonly children = new Map<string, NactActor>();
  readonly childReferences = new Map<string, ActorReference>();
  readonly replies = new Map<number, ActorRef<unknown>>();
  readonly kernel: KernelSystem;
  persistenceEngine: PersistenceEngine | undefined;
  createLogger: (reference: ActorReference) => LoggingFacade | undefined = () => undefined;
  nextAnonymous = 1;
  nextReply = 1;
  stopped = false;
  readonly #byReference = new WeakMap<object, NactActor>();
  readonly #byKernelRef = new WeakMap<object, NactActor>();

  constructor(options: StartOptions, plugins: readonly Plugin[]) {
    this.name = options.name ?? globalThis.crypto.randomUUID();
    this.kernel = kernelStart({ name: this.name, ...options.kernel });
    this.path = ActorPath.root(this.name);
    this.reference = new ActorSystemReference(this.name, this.path);
    systemMap.add(this as never);
    for (const plugin of plugins) plugin(this);
  }

  get system(): this {
    return this;
  }

  get kernelParent(): KernelSystem {
    return this.kernel;
  }

  assertNotStopped(): true {
    if (this.stopped) throw new Error('The system has stopped');
    return true;
  }

  /** What a reference names: an actor, this system, or the address of an open query. */
  find(reference: Ref<never> | undefined): unknown {
    switch (reference?.type) {
      case 'actor':
        return this.#findActor(reference as ActorReference);
      case 'temp': {
        const reply = this.replies.get((reference as unknown as { id: number }).id);
        return reply && { dispatch: (message: unknown) => reply.tell(message) };
      }
      case 'system':
        return this;
      default:
        return undefined;
    }
  }

  stop(): void {
    if (this.stopped) return;
    for (const child of [...this.children.values()].reverse()) child.stop();
    this.stopped = true;
    systemMap.remove(this.name);
    void kernelStop(this.kernel);
  }

  remember(actor: NactActor): void {
    this.#byReference.set(actor.reference, actor);
  }

  rememberKernelRef(ref: AnyRef, actor: NactActor): void {
    this.#byKernelRef.set(ref, actor);
  }

  /** nact actor behind an address of the kernel. */
  actorOf(ref: AnyRef): NactActor | undefined {
    return this.#byKernelRef.get(ref);
  }

  /** The actor that a reference was made for, also when it has stopped. */
  lastActorOf(reference: object): NactActor | undefined {
    return this.#byReference.get(reference);
  }

  #findActor(reference: ActorReference): NactActor | undefined {
    const known = this.#byReference.get(reference);
    if (known !== undefined && !known.stopped) return known;
    let at: NactParent | undefined = this;
    for (const part of reference.path.parts) at = at?.children.get(part);
    return at as NactActor | undefined;
  }
}

/**
 * Starts a system: `start()`, `start({ name })`, `start(plugin, …)`, `start(name, plugin, …)`.
 *
 * @throws whatever a plugin throws
 */
export function start(first?: string | StartOptions | Plugin, ...rest: Plugin[]): ActorSystemReference {
  const plugins = typeof first === 'function' ? [first, ...rest] : rest;
  const options = typeof first === 'object' ? first : typeof first === 'string' ? { name: first } : {};
  return new ActorSystem(options, plugins).reference;
}
