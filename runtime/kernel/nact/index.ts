/**
 * nact's public surface on this kernel: nact code moves by changing one import.
 *
 * What differs from nact 7.6.2 is a list of faults that are not copied, see docs/nact.md.
 */
export { start } from './system.ts';
export type { ActorSystem, Plugin, StartOptions } from './system.ts';
export { dispatch, query, spawn, spawnStateless, stop } from './functions.ts';
export type { ActorFunc, ActorProps, StatelessActorFunc } from './functions.ts';
export { configurePersistence, persistentQuery, spawnPersistent } from './persistence/index.ts';
export type {
  EventStream,
  PersistenceEngine,
  PersistentActorProps,
  PersistentQueryProps,
} from './persistence/index.ts';
export { AbstractPersistenceEngine, PersistedEvent, PersistedSnapshot } from './persistence/index.ts';
export { configureLogging, LogLevel, logNothing, logToConsole } from './monitoring/index.ts';
export type { ConsoleLoggerProperties, LoggingEngine, LogMsg } from './monitoring/index.ts';
export { SupervisionActions } from './supervision.ts';
export { Nobody, Ref } from './references.ts';
export type { ActorReference, ActorSystemReference, TemporaryReference } from './references.ts';
export { ActorPath } from './paths.ts';
export {
  hour,
  hours,
  message,
  messages,
  millisecond,
  milliseconds,
  minute,
  minutes,
  second,
  seconds,
} from './time.ts';
export { adoptNact } from './adopt.ts';
export type { AdoptOptions } from './adopt.ts';
