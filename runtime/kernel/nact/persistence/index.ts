/** Persistence of nact actors. */
import type { Plugin } from '../system.ts';
import type { PersistenceEngine } from './persistence-engine.ts';

export { AbstractPersistenceEngine, PersistedEvent, PersistedSnapshot } from './persistence-engine.ts';
export type { EventStream, PersistenceEngine } from './persistence-engine.ts';
export { spawnPersistent } from './persistent-actor.ts';
export type { PersistentActorProps } from './persistent-actor.ts';
export { persistentQuery } from './persistent-query.ts';
export type { PersistentQueryProps } from './persistent-query.ts';

/** Plugin that gives a system its store. @throws Error without an engine */
export function configurePersistence(engine: PersistenceEngine): Plugin {
  return (system) => {
    if (!engine) throw new Error('Persistence engine should not be undefined');
    system.persistenceEngine = engine;
  };
}
