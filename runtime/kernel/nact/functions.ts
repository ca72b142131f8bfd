/** nact's verbs. */
import { NactActor, STOPPED } from './actor.ts';
import type { AnyActorFunction, AnyActorProperties, NactParent } from './actor.ts';
import { Letter, NactContext } from './context.ts';
import type { NactCrashContext, NactMailboxContext } from './context.ts';
import { Nobody } from './references.ts';
import type { ActorReference, Ref, TemporaryReference } from './references.ts';
import { SupervisionActions } from './supervision.ts';
import type { ActorSystem } from './system.ts';
import * as systemMap from './system-map.ts';

/** Function of an actor: state and message to next state; `ctx` is also `this`. */
export type ActorFunc<State, Msg> = (
  this: NactContext,
  state: State | undefined,
  message: Msg,
  ctx: NactContext,
) => State | Promise<State>;

/** Function of an actor without state. */
export type StatelessActorFunc<Msg> = (this: NactContext, message: Msg, ctx: NactContext) => unknown;

/** Properties of an actor. Times in ms. */
export interface ActorProps<State, Msg> {
  /** Stops the actor after this time without a message. */
  shutdownAfter?: number;
  onCrash?: (
    message: Msg | undefined,
    error: Error,
    ctx: NactCrashContext,
    child: ActorReference | undefined,
  ) => symbol | Promise<symbol>;
  initialState?: State;
  initialStateFunc?: (ctx: NactContext) => State | Promise<State>;
  afterStop?: (state: State, ctx: NactMailboxContext) => void | Promise<void>;
}

/**
 * Starts an actor below `parent`.
 *
 * @throws Error when the name is taken or not valid, or the parent has stopped
 */
export function spawn<State, Msg>(
  parent: Ref<never>,
  f: ActorFunc<State, Msg>,
  name?: string,
  properties?: ActorProps<State, Msg>,
): ActorReference<Msg> {
  const made = { f: f as AnyActorFunction, properties: (properties ?? {}) as AnyActorProperties };
  const create = (concrete: NactParent): ActorReference => {
    concrete.assertNotStopped();
    return new NactActor(concrete, name, made).begin().reference;
  };
  return systemMap.applyOrThrowIfStopped(
    parent,
    create as (concrete: never) => ActorReference,
  ) as ActorReference<Msg>;
}

/** Starts an actor without state; it goes on after a crash unless its `onCrash` says otherwise. */
export function spawnStateless<Msg>(
  parent: Ref<never>,
  f: StatelessActorFunc<Msg>,
  name?: string,
  properties?: Omit<ActorProps<never, Msg>, 'initialState' | 'initialStateFunc'>,
): ActorReference<Msg> {
  const stateless = function (this: NactContext, _state: unknown, message: Msg, ctx: NactContext): unknown {
    return f.call(this, message, ctx);
  };
  Object.defineProperty(stateless, 'name', { value: f.name });
  const resume = (): symbol => SupervisionActions.resume;
  const props = { onCrash: resume, ...properties } as ActorProps<unknown, Msg>;
  return spawn(parent, stateless as ActorFunc<unknown, Msg>, name, props);
}

/** Sends a message, without an answer. What a stopped actor gets becomes a dead letter. */
export function dispatch<Msg>(
  target: Ref<Msg> | ActorReference<Msg> | TemporaryReference<Msg>,
  message?: Msg,
  sender?: Ref<never>,
): void {
  const systemName = target.system.name;
  const concrete = systemMap.find(systemName, target) as { dispatch?: NactActor['dispatch'] } | undefined;
  if (concrete?.dispatch) {
    concrete.dispatch(message, sender as Ref<never> | undefined);
    return;
  }
  const system = systemMap.find(systemName) as ActorSystem | undefined;
  const last = system?.lastActorOf?.(target);
  last?.deliver(new Letter(message, (sender as Ref<never> | undefined) ?? new Nobody()));
}

/**
 * Asks an actor and resolves with its first answer to `ctx.sender`, or to the reference that the factory
 * gets.
 *
 * Rejects at once when the actor has stopped, stops, or crashes; after `timeout` ms with `Query Timeout`.
 * @throws Error when no timeout is given
 */
export function query<Msg, Answer = unknown>(
  target: Ref<Msg> | ActorReference<Msg>,
  message: Msg | ((sender: TemporaryReference<Answer>) => Msg),
  timeout: number,
): Promise<Answer> {
  if (!timeout) throw new Error('A timeout is required to be specified');
  const concrete = systemMap.find(target.system.name, target) as Partial<NactActor> | undefined;
  if (!concrete?.query) return Promise.reject(new Error(STOPPED));
  return (concrete as NactActor).query(message, timeout) as Promise<Answer>;
}

/** Stops an actor and everything below it, or a whole system. Repeating it changes nothing. */
export function stop(target: Ref<never>): void {
  const concrete = systemMap.find(target.system.name, target) as { stop?: () => void } | undefined;
  concrete?.stop?.();
}
