/** What a nact actor function gets as `ctx` and as `this`. */
import type { NactActor } from './actor.ts';
import type { LoggingFacade } from './monitoring/monitoring.ts';
import type { ActorPath } from './paths.ts';
import type { ActorReference, Ref } from './references.ts';
import { SupervisionActions } from './supervision.ts';

/** A message together with its sender: one place in a mailbox. */
export class Letter {
  readonly message: unknown;
  readonly sender: Ref<never>;

  constructor(message: unknown, sender: Ref<never>) {
    this.message = message;
    this.sender = sender;
  }
}

/** Context of one message. Its cost does not grow with the number of children: `children` is the live map. */
export class NactContext {
  readonly sender: Ref<never> | undefined;
  readonly #actor: NactActor;
  readonly #parent: Ref<never> | undefined;

  constructor(actor: NactActor, sender: Ref<never> | undefined) {
    this.#actor = actor;
    this.#parent = actor.parent?.reference;
    this.sender = sender;
  }

  get parent(): Ref<never> | undefined {
    return this.#parent;
  }

  get path(): ActorPath {
    return this.#actor.path;
  }

  get self(): ActorReference {
    return this.#actor.reference;
  }

  get name(): string {
    return this.#actor.name;
  }

  get children(): Map<string, ActorReference> {
    return this.#actor.childReferences;
  }

  get log(): LoggingFacade | undefined {
    return this.#actor.log;
  }
}

/** Context of `afterStop`: also the letters that were waiting, oldest first. */
export class NactMailboxContext extends NactContext {
  readonly mailbox: readonly Letter[];

  constructor(actor: NactActor, sender: Ref<never> | undefined, mailbox: readonly Letter[]) {
    super(actor, sender);
    this.mailbox = mailbox;
  }
}

/** Context of `onCrash`: also the supervision actions. */
export class NactCrashContext extends NactMailboxContext {
  readonly stop = SupervisionActions.stop;
  readonly stopAll = SupervisionActions.stopAll;
  readonly stopChild = SupervisionActions.stopChild;
  readonly stopAllChildren = SupervisionActions.stopAllChildren;
  readonly escalate = SupervisionActions.escalate;
  readonly resume = SupervisionActions.resume;
  readonly reset = SupervisionActions.reset;
  readonly resetAll = SupervisionActions.resetAll;
  readonly resetChild = SupervisionActions.resetChild;
  readonly resetAllChildren = SupervisionActions.resetAllChildren;
}

/** Context of a persistent actor's function. */
export class NactPersistentContext extends NactContext {
  /** True while stored events are replayed through the function. */
  readonly recovering: boolean;
  /** Stores an event; while recovering nothing is stored again. */
  readonly persist: (event: unknown, tags?: string[], ...properties: unknown[]) => Promise<void>;

  constructor(
    actor: NactActor,
    sender: Ref<never> | undefined,
    storing: Pick<NactPersistentContext, 'recovering' | 'persist'>,
  ) {
    super(actor, sender);
    this.recovering = storing.recovering;
    this.persist = storing.persist;
  }
}
