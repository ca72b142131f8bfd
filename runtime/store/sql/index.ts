/** SQL stores: what the composition root opens. */
export { openNodeIndex } from './open-node-index.ts';
export type { NodeIndexOptions } from './open-node-index.ts';
export { openSqlStores } from './open-sql-stores.ts';
export type { SqlStores, SqlStoresOptions } from './open-sql-stores.ts';
export { openPostgres } from './postgres-pool.ts';
export { SqlIdentityStore } from './sql-identity-store.ts';
export { SqlSignInStore } from './sql-sign-in-store.ts';
export { StandbyIndex } from './standby-index.ts';
