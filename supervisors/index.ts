/** Supervision of actors: strategies, trees, pools, and what calls outside the process need. */
export { actorChild, DEFAULT_INTENSITY } from './child-spec.ts';
export type { ChildSpec } from './child-spec.ts';
export { spawnSupervisor, supervisorChild } from './supervisor.ts';
export { buildTree } from './tree-builder.ts';
export { poolChild, spawnPool } from './pool.ts';
export type { PoolReply, PoolSubmit } from './pool-message.ts';
export { retry } from './retry.ts';
export { CircuitBreaker } from './circuit-breaker.ts';
