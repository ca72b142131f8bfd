/** One nact actor on one kernel actor: nact's rules of names, stopping and supervision. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorOptions, CrashContext, CrashDirective } from '../actor.ts';
import { query as kernelQuery, spawn as kernelSpawn, stop as kernelStop } from '../index.ts';
import type { ActorSystem as KernelSystem } from '../index.ts';
import type { ActorRef, AnyRef } from '../ref.ts';
import { Letter, NactContext, NactCrashContext, NactMailboxContext } from './context.ts';
import { waitingLetters } from './mailbox.ts';
import type { LoggingFacade } from './monitoring/monitoring.ts';
import type { ActorPath } from './paths.ts';
import { ActorReference, Nobody, TemporaryReference } from './references.ts';
import type { ActorSystemReference, Ref } from './references.ts';
import { directiveOf } from './supervision.ts';
import type { ActorSystem } from './system.ts';
import { safeTimeoutMs } from './time.ts';

/** nact has no limit; this one is a bound against a sender that never stops. */
const MAILBOX_CAPACITY = 16_777_216;

/** Function of an actor, its types erased. */
export type AnyActorFunction = (
  this: NactContext,
  state: unknown,
  message: unknown,
  ctx: NactContext,
) => unknown;

/** Decides after a crash; `child` is set when a child's crash was escalated. */
export type AnyCrashFunction = (
  message: unknown,
  error: unknown,
  ctx: NactCrashContext,
  child: ActorReference | undefined,
) => unknown;

/** Properties of an actor, their types erased. */
export interface AnyActorProperties {
  shutdownAfter?: number;
  onCrash?: AnyCrashFunction;
  initialState?: unknown;
  initialStateFunc?: (ctx: NactContext) => unknown;
  afterStop?: (state: unknown, ctx: NactMailboxContext) => unknown;
}

/** What may have children: an actor or a system. */
export interface NactParent {
  readonly system: ActorSystem;
  readonly path: ActorPath;
  readonly reference: ActorReference | ActorSystemReference;
  readonly children: Map<string, NactActor>;
  readonly childReferences: Map<string, ActorReference>;
  readonly kernelParent: AnyRef | KernelSystem;
  assertNotStopped(): true;
}

/** A crash with the message it belongs to and a decision that was taken already. */
export class DecidedCrash extends Error {
  readonly decision: CrashDirective;
  readonly letter: Letter;

  constructor(decision: CrashDirective, letter: Letter, cause: unknown) {
    super('crash during recovery', { cause });
    this.decision = decision;
    this.letter = letter;
  }
}

/** One actor. Names are free again, and `stopped` is true, as soon as `stop` returns. */
export class NactActor implements NactParent {
  readonly system: ActorSystem;
  readonly name: string;
  readonly path: ActorPath;
  readonly reference: ActorReference;
  readonly children = new Map<string, NactActor>();
  readonly childReferences = new Map<string, ActorReference>();
  readonly log: LoggingFacade | undefined;
  parent: NactParent | undefined;
  stopped = false;
  protected readonly f: AnyActorFunction;
  protected readonly properties: AnyActorProperties;
  #kernelRef: ActorRef<Letter> | undefined;
  #mailboxAtStop: readonly Letter[] = [];

  constructor(
    parent: NactParent,
    name: string | undefined,
    made: { f: AnyActorFunction; properties: AnyActorProperties },
  ) {
    this.system = parent.system;
    this.name = name || `anonymous-${this.system.nextAnonymous++}`;
    if (parent.children.has(this.name)) throw new Error(`child actor of name ${this.name} already exists`);
    this.parent = parent;
    this.path = parent.path.createChildPath(this.name);
    this.f = made.f;
    this.properties = made.properties;
    const at = { path: this.path, name: this.name };
    this.reference = new ActorReference(this.system.name, parent.reference, at);
    this.log = this.system.createLogger(this.reference);
    this.checkProperties();
    parent.children.set(this.name, this);
    parent.childReferences.set(this.name, this.reference);
    this.system.remember(this);
  }

  /** Starts the actor in the kernel; separate from the constructor so that subclasses are complete. */
  begin(): this {
    const parent = this.parent!;
    const options = this.kernelOptions();
    const behavior = (state: unknown, letter: Letter): unknown => this.handle(state, letter);
    // A stopped actor of the same name may still be on its way out of the kernel's tree.
    for (let attempt = 0; ; attempt += 1) {
      const name = attempt === 0 ? this.name : `${this.name}~${attempt}`;
      try {
        this.#kernelRef = kernelSpawn(parent.kernelParent, behavior, name, options);
        this.system.rememberKernelRef(this.#kernelRef as AnyRef, this);
        return this;
      } catch (error) {
        if (error instanceof WitanError && error.code === 'already_exists') continue;
        this.markStopped();
        throw error;
      }
    }
  }

  get kernelParent(): AnyRef {
    return this.#kernelRef as AnyRef;
  }

  assertNotStopped(): true {
    if (this.stopped) throw new Error('The actor has stopped');
    return true;
  }

  dispatch(message: unknown, sender: Ref<never> = new Nobody()): void {
    this.assertNotStopped();
    this.deliver(new Letter(message, sender));
  }

  /** Like `dispatch`, but for a stopped actor too: the kernel records a dead letter. */
  deliver(letter: Letter): void {
    this.#kernelRef?.tell(letter);
  }

  query(message: unknown, timeoutMs: number): Promise<unknown> {
    this.assertNotStopped();
    const { system } = this;
    const reply = new TemporaryReference(system.name, system.nextReply++);
    const content =
      typeof message === 'function' ? (message as (sender: unknown) => unknown)(reply) : message;
    const makeLetter = (replyTo: ActorRef<unknown>): Letter => {
      system.replies.set(reply.id, replyTo);
      return new Letter(content, reply);
    };
    const answer = kernelQuery(this.#kernelRef!, makeLetter, { timeoutMs: safeTimeoutMs(timeoutMs) });
    return answer
      .catch((error: unknown) => Promise.reject(queryError(error)))
      .finally(() => system.replies.delete(reply.id));
  }

  stop(): void {
    if (this.stopped) return;
    this.#mailboxAtStop = waitingLetters(this.#kernelRef!);
    this.markStopped();
    void kernelStop(this.#kernelRef as AnyRef);
  }

  /** Runs the function on one message; a subclass adds what comes after it. */
  protected handle(state: unknown, { message, sender }: Letter): unknown {
    const ctx = new NactContext(this, sender);
    return this.f.call(ctx, state, message, ctx);
  }

  protected initialState(): unknown {
    return this.properties.initialStateFunc!(new NactContext(this, undefined));
  }

  protected get needsInitialStateFunc(): boolean {
    return this.properties.initialStateFunc !== undefined;
  }

  /** What `onCrash` decides; the default stops the actor and says so on the log. */
  protected decide(
    letter: Letter | undefined,
    error: unknown,
    ctx: NactCrashContext,
    child?: ActorReference,
  ): unknown {
    const { onCrash } = this.properties;
    if (onCrash) return onCrash(letter?.message, error, ctx, child);
    this.log?.exception(error);
    return ctx.stop;
  }

  private checkProperties(): void {
    const { shutdownAfter } = this.properties;
    if (shutdownAfter && typeof shutdownAfter !== 'number') {
      throw new Error('Shutdown should be specified as a number in milliseconds');
    }
  }

  private kernelOptions(): ActorOptions<unknown, Letter> {
    const { shutdownAfter, initialState } = this.properties;
    return {
      initialState,
      ...(this.needsInitialStateFunc ? { initialStateFunc: () => this.initialState() } : {}),
      ...(shutdownAfter ? { shutdownAfterMs: safeTimeoutMs(shutdownAfter) } : {}),
      mailbox: { capacity: MAILBOX_CAPACITY },
      stopGraceMs: 0,
      behaviorName: this.f.name || 'anonymous',
      onCrash: (letter, error, ctx, child) => this.crashed(letter, error, { ctx, child }),
      afterStop: (state) => this.afterStop(state),
    };
  }

  private crashed(
    letter: Letter | undefined,
    error: unknown,
    at: { ctx: CrashContext<Letter>; child: AnyRef | undefined },
  ): CrashDirective | Promise<CrashDirective> {
    if (error instanceof DecidedCrash && at.child === undefined) return error.decision;
    const [culprit, cause] = error instanceof DecidedCrash ? [error.letter, error.cause] : [letter, error];
    this.#mailboxAtStop = at.ctx.mailbox.slice();
    const ctx = new NactCrashContext(this, culprit?.sender, this.#mailboxAtStop);
    const child = at.child && this.system.actorOf(at.child)?.reference;
    const decision = this.decide(culprit, cause, ctx, child);
    return isThenable(decision) ? Promise.resolve(decision).then(directiveOf) : directiveOf(decision);
  }

  private afterStop(state: unknown): void | Promise<void> {
    const { parent } = this;
    if (!this.stopped) this.markStopped();
    this.parent = parent ?? this.#parentAtStop;
    const ctx = new NactMailboxContext(this, undefined, this.#mailboxAtStop);
    this.parent = undefined;
    this.#parentAtStop = undefined;
    this.#mailboxAtStop = [];
    return this.properties.afterStop?.(state, ctx) as void | Promise<void>;
  }

  #parentAtStop: NactParent | undefined;

  /** Leaves the tree with everything below, at once. */
  private markStopped(): void {
    this.stopped = true;
    this.#parentAtStop = this.parent;
    this.parent?.children.delete(this.name);
    this.parent?.childReferences.delete(this.name);
    this.parent = undefined;
    for (const child of [...this.children.values()].reverse()) child.markStopped();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function queryError(error: unknown): Error {
  const code = error instanceof WitanError ? error.code : undefined;
  if (code === 'deadline_exceeded') return new Error('Query Timeout', { cause: error });
  if (code === 'stopped') return new Error(STOPPED, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

/** What a query to a stopped actor is refused with. */
export const STOPPED = 'Actor stopped or never existed. Query can never resolve';
