/** SQL stores: what the composition root opens. */
export { openSqlStores } from './open-sql-stores.ts';
export type { SqlStores, SqlStoresOptions } from './open-sql-stores.ts';
export { StandbyIndex } from './standby-index.ts';
export type { OpenedIndex, StandbyIndexOptions } from './standby-index.ts';
