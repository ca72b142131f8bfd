/** Finds actors by what they offer: a registry that forgets an actor when it terminates. */
import type { ActorContext, ActorOptions, Behavior } from './actor.ts';
import type { ActorRef, AnyRef } from './ref.ts';

/** Names a service and the type of message that its actors take. */
export interface ServiceKey<M> {
  readonly id: string;
  /** Message type, for inference only; absent at run time. */
  readonly __message?: (message: M) => void;
}

/** Actors that offer a service now, in order of registration. */
export interface Listing<M = never> {
  readonly type: 'listing';
  readonly key: ServiceKey<M>;
  readonly refs: readonly ActorRef<M>[];
}

type AnyKey = ServiceKey<never>;
type ListingRef = ActorRef<Listing>;

/** What a receptionist takes; build these with {@link register}, {@link find}, {@link subscribe}. */
export type ReceptionistMessage =
  | { readonly type: 'register' | 'deregister'; readonly key: AnyKey; readonly ref: AnyRef }
  | {
      readonly type: 'find' | 'subscribe' | 'unsubscribe';
      readonly key: AnyKey;
      readonly replyTo: ListingRef;
    };

/** Registrations and subscriptions; owned by the receptionist's actor. */
export interface ReceptionistState {
  readonly services: Map<string, Set<AnyRef>>;
  readonly subscribers: Map<string, Set<ListingRef>>;
}

/** Makes a key; two keys with one id are the same service. */
export function serviceKey<M>(id: string): ServiceKey<M> {
  return { id };
}

/** Offers `ref` under `key`; again is harmless. The entry goes when the actor terminates. */
export function register<M>(key: ServiceKey<M>, ref: ActorRef<M>): ReceptionistMessage {
  return { type: 'register', key, ref };
}

/** Withdraws the offer while the actor lives on. */
export function deregister<M>(key: ServiceKey<M>, ref: ActorRef<M>): ReceptionistMessage {
  return { type: 'deregister', key, ref };
}

/** Asks for one listing; `replyTo` gets it. */
export function find<M>(key: ServiceKey<M>, replyTo: ActorRef<Listing<M>>): ReceptionistMessage {
  return { type: 'find', key, replyTo: untyped(replyTo) };
}

/** Asks for a listing now and at each change, until the subscriber terminates or unsubscribes. */
export function subscribe<M>(key: ServiceKey<M>, replyTo: ActorRef<Listing<M>>): ReceptionistMessage {
  return { type: 'subscribe', key, replyTo: untyped(replyTo) };
}

/** Ends a subscription. */
export function unsubscribe<M>(key: ServiceKey<M>, replyTo: ActorRef<Listing<M>>): ReceptionistMessage {
  return { type: 'unsubscribe', key, replyTo: untyped(replyTo) };
}

/** Behavior of the receptionist; spawn it with {@link receptionistOptions}. */
export const receptionist: Behavior<ReceptionistState, ReceptionistMessage> = (state, message, ctx) => {
  const { id } = message.key;
  switch (message.type) {
    case 'register':
      if (addTo(state.services, id, message.ref)) {
        ctx.watch(message.ref);
        announce(state, id);
      }
      return state;
    case 'deregister':
      if (removeFrom(state.services, id, message.ref)) {
        unwatchIfGone(state, message.ref, ctx);
        announce(state, id);
      }
      return state;
    case 'subscribe':
      if (addTo(state.subscribers, id, message.replyTo)) ctx.watch(message.replyTo);
      message.replyTo.tell(listing(state, id));
      return state;
    case 'unsubscribe':
      if (removeFrom(state.subscribers, id, message.replyTo)) unwatchIfGone(state, message.replyTo, ctx);
      return state;
    case 'find':
      message.replyTo.tell(listing(state, id));
      return state;
  }
};

/** Options that belong to {@link receptionist}: its empty state and the death watch that cleans it. */
export function receptionistOptions(): ActorOptions<ReceptionistState, ReceptionistMessage> {
  return {
    behaviorName: 'receptionist',
    initialState: { services: new Map(), subscribers: new Map() },
    // Registrations outlive a fault of one message: whoever registered has no reason to do it again.
    onCrash: () => 'resume',
    onSignal: (state, signal) => {
      if (signal.kind === 'terminated') forget(state, signal.ref);
      return state;
    },
  };
}

// A listing carries the key it was asked with, so it holds refs of the asker's own message type.
function untyped<M>(replyTo: ActorRef<Listing<M>>): ListingRef {
  return replyTo as ListingRef;
}

function forget(state: ReceptionistState, gone: AnyRef): void {
  for (const id of state.subscribers.keys()) removeFrom(state.subscribers, id, gone);
  for (const id of state.services.keys()) if (removeFrom(state.services, id, gone)) announce(state, id);
}

function listing(state: ReceptionistState, id: string): Listing {
  return { type: 'listing', key: { id }, refs: [...(state.services.get(id) ?? [])] };
}

function announce(state: ReceptionistState, id: string): void {
  const subscribers = state.subscribers.get(id);
  if (!subscribers) return;
  const current = listing(state, id);
  for (const subscriber of subscribers) subscriber.tell(current);
}

function unwatchIfGone(state: ReceptionistState, ref: AnyRef, ctx: ActorContext<ReceptionistMessage>): void {
  const isIn = (refs: ReadonlySet<AnyRef>): boolean => refs.has(ref);
  if ([...state.services.values()].some(isIn) || [...state.subscribers.values()].some(isIn)) return;
  ctx.unwatch(ref);
}

function addTo<R>(sets: Map<string, Set<R>>, id: string, ref: R): boolean {
  const refs = sets.get(id);
  if (!refs) return !!sets.set(id, new Set([ref]));
  if (refs.has(ref)) return false;
  return !!refs.add(ref);
}

function removeFrom<R extends AnyRef>(sets: Map<string, Set<R>>, id: string, ref: AnyRef): boolean {
  const refs = sets.get(id);
  // The set is keyed by identity; the cast only says that `ref` may be one of its members.
  if (!refs?.delete(ref as R)) return false;
  if (refs.size === 0) sets.delete(id);
  return true;
}
