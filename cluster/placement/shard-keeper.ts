/** Actor that keeps the shards of one kind: takes those wished for here, hands the others over. */
import { spawn } from '../../runtime/kernel/index.ts';
import type { ActorRef, Parent } from '../../runtime/kernel/index.ts';
import type { ActorContext } from '../../runtime/kernel/actor.ts';
import type { HeldClaim } from '../claims/claims.ts';
import { DEFAULT_LOOK_MS, ShardKeeping } from './shard-keeping.ts';
import type { ShardKeeperMessage, ShardKeeperOptions } from './shard-keeping.ts';

/** A running keeper. */
export interface ShardKeeper {
  readonly ref: ActorRef<ShardKeeperMessage>;
  readonly kind: string;
  readonly shardCount: number;
  /** What this node owns of a shard; undefined: nothing, or it is just being handed over. */
  owned(shard: number): HeldClaim | undefined;
  /** Called after a shard was taken, given up or lost here. */
  onChange(listener: (shard: number) => void): () => void;
  /**
   * Hands everything over and takes nothing more; resolves when this node owns no shard. The member must be
   * `draining` before: what is still wished for on this node others leave to it.
   */
  drain(): Promise<void>;
}

/** Spawns the keeper below `parent`; it begins at once. */
export function spawnShardKeeper(parent: Parent, options: ShardKeeperOptions): ShardKeeper {
  const keeping = new ShardKeeping(options);
  const lookMs = options.lookMs ?? DEFAULT_LOOK_MS;
  const behavior = (
    _state: undefined,
    message: ShardKeeperMessage,
    ctx: ActorContext<ShardKeeperMessage>,
  ): undefined => {
    if (message.type === 'look') ctx.setTimer('look', lookMs, { type: 'look' });
    keeping.handle(message, ctx);
    return undefined;
  };
  let stopListening = (): void => {};
  const ref = spawn<undefined, ShardKeeperMessage>(parent, behavior, `shards-${options.kind}`, {
    behaviorName: 'shard-keeper',
    stateName: () => keeping.stateName,
    // What it tells itself about work that it began must find room.
    mailbox: { reserved: 256, isReserved: ({ type }) => type !== 'look' },
    onCrash: () => 'resume',
    afterStop: () => stopListening(),
  });
  const look = (): void => {
    if (keeping.askToLook()) ref.tell({ type: 'look' });
  };
  const stops = [
    options.members.onChange(look),
    options.claims.onChange((names) => {
      if (names.some((name) => name.startsWith(keeping.prefix))) look();
    }),
    options.lease.onChange(look),
  ];
  stopListening = () => stops.forEach((stop) => stop());
  look();
  return {
    ref,
    kind: options.kind,
    shardCount: options.shardCount,
    owned: (shard) => keeping.owned(shard),
    onChange: (listener) => keeping.onChange(listener),
    drain: () => {
      const drained = keeping.drain();
      look();
      return drained;
    },
  };
}
