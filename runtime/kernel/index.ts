/** The actor kernel: what the rest of Witan builds on. */
export { start } from './system.ts';
export type { ActorSystem, SystemOptions } from './system.ts';
export { spawn, spawnStateless } from './lifecycle/spawn.ts';
export type { Parent } from './lifecycle/spawn.ts';
export { dispatch, follow, forward, query, stop, tellWith } from './messaging/send.ts';
export { queryAll } from './messaging/gather.ts';
export type { Gathered } from './messaging/gather.ts';
export type { ParcelRef, QueryOptions } from './messaging/send.ts';
export type { Envelope, MessageOptions } from './messaging/envelope.ts';
export type {
  ActorContext,
  ActorLog,
  ActorOptions,
  ActorSystemRef,
  Behavior,
  Budget,
  CrashContext,
  CrashDecision,
  CrashDirective,
  CrashHandler,
  Fence,
  MailboxOptions,
  OverflowPolicy,
  Signal,
  StopReason,
} from './actor.ts';
export type { ActorRef, AnyRef } from './ref.ts';
export type { Clock, Random, TimerHandle } from './clock.ts';
export type { ActorInfo, DeadLetter, DeadLetterReason, TreeEvent } from './inspection-info.ts';
export type { WatchableRef } from './cell/death-watch.ts';
export type { AdoptedNode, AdoptedSource, Adoption } from './inspect/adopted.ts';
export type { SubscribeOptions, Subscription } from './inspect/event-feed.ts';
export { SystemClock, SystemRandom, SystemScheduler } from './system-clock.ts';
export type { Scheduler } from './system-clock.ts';
export { SimClock } from './sim/sim-clock.ts';
export type { SimClockOptions } from './sim/sim-clock.ts';
export { SeededRandom } from './sim/seeded-random.ts';
export { SimScheduler, Simulation } from './sim/simulation.ts';
export { spawnPersistent } from './durable/spawn-persistent.ts';
export type { DurableBehavior, DurableContext, DurableOptions } from './durable/spawn-persistent.ts';
export type { StoredShape } from './durable/durable-state.ts';
export { noteRestart } from './inspect/note-restart.ts';
