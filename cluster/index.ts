/** The cluster: members, claims, placement, singletons, remote actors, entities, over ports. */
export { Heartbeat } from './membership/heartbeat.ts';
export type {
  HeartbeatInput,
  HeartbeatOptions,
  HeartbeatOutput,
  LeaseTimes,
  MemberIdentity,
} from './membership/heartbeat.ts';
export { LEASE_CELL_BYTES, LeaseCell } from './membership/lease-cell.ts';
export { CellLease } from './membership/cell-lease.ts';
export type { LeaseState, NodeLease } from './membership/node-lease.ts';
export { FailureDetector } from './membership/failure-detector.ts';
export { Membership } from './membership/membership.ts';
export type { MemberFates, MembershipOptions } from './membership/membership.ts';
export { newIncarnation } from './membership/member-key.ts';
export type { Member, Members } from './membership/members.ts';
export { KvClaims } from './claims/kv-claims.ts';
export type { KvClaimsOptions } from './claims/kv-claims.ts';
export { claimFence } from './claims/claim-fence.ts';
export type { FenceParts } from './claims/claim-fence.ts';
export type { Claim, Claims, HeldClaim } from './claims/claims.ts';
export { eligibleMembers, isEligible } from './placement/eligibility.ts';
export type { Need } from './placement/eligibility.ts';
export { rendezvous, shardOf } from './placement/rendezvous.ts';
export { spawnShardKeeper } from './placement/shard-keeper.ts';
export type { ShardKeeper } from './placement/shard-keeper.ts';
export type { ShardHooks, ShardKeeperMessage, ShardKeeperOptions } from './placement/shard-keeping.ts';
export { clusterPlacement } from './placement/cluster-placement.ts';
export type { ClusterPlacementOptions, PlacedKind } from './placement/cluster-placement.ts';
export { spawnSingleton } from './singletons/singleton.ts';
export type { Singleton, SingletonMessage, SingletonOptions } from './singletons/singleton.ts';
export { startRemoting } from './remote/start-remoting.ts';
export type { NodeRemoting, RemotingOptions } from './remote/start-remoting.ts';
export type { Remoting } from './remote/remoting.ts';
export type { RemotingCounters } from './remote/counters.ts';
export type { RemotingLimits } from './remote/limits.ts';
export { askAgain } from './remote/ask-again.ts';
export type { AskAgainOptions } from './remote/ask-again.ts';
export { startEntities } from './entities/entities.ts';
export type { Entities, EntitiesOptions, EntityHooks } from './entities/entities.ts';
export type { Activation, EntityKind } from './entities/entity-kind.ts';
export { claimDirectory } from './entities/shard-directory.ts';
export type { ShardDirectory, ShardOwner } from './entities/shard-directory.ts';
export { DurableSender } from './durable/durable-sender.ts';
export type { DurableMessage, DurableSenderOptions } from './durable/durable-sender.ts';
export { DurableTaker } from './durable/durable-taker.ts';
export type { DurableTakerOptions } from './durable/durable-taker.ts';
export { DurableInbox } from './durable/durable-inbox.ts';
export type { DurableInboxOptions, Effect } from './durable/durable-inbox.ts';
export { askReceiver } from './durable/ask-receiver.ts';
export type { AskReceiver, DurableDelivery } from './durable/ask-receiver.ts';
