/** What a shard keeper knows and does between two messages. */
import { shardClaim } from '../../contracts/cluster-names.ts';
import type { ActorContext } from '../../runtime/kernel/actor.ts';
import type { Clock } from '../../runtime/kernel/clock.ts';
import type { Claims, HeldClaim } from '../claims/claims.ts';
import type { Members } from '../membership/members.ts';
import type { NodeLease } from '../membership/node-lease.ts';
import type { Need } from './eligibility.ts';
import { planShards } from './shard-map.ts';
import type { ShardFact, ShardLimits } from './shard-map.ts';
import { ShardWishes } from './shard-wishes.ts';

/** What must happen around a change of owner. */
export interface ShardHooks {
  /**
   * Before a shard is given up: stops what runs in it, and resolves when its state is where the next owner
   * finds it. After `drainMs`, or when it rejects, the shard goes all the same: its fence ends what still
   * runs.
   */
  drain(shard: number): Promise<void>;
  /** This node owns the shard from now on. One that rejects gives the shard up again. */
  taken?(shard: number, claim: HeldClaim): void | Promise<void>;
  /** The fence was lost: whatever runs in the shard must not act any more, and another node has it or will. */
  lost?(shard: number, claim: HeldClaim): void;
}

/** Settings of a shard keeper. */
export interface ShardKeeperOptions {
  /** Kind of entities, kebab-case; part of the claims' names. */
  readonly kind: string;
  /** The same on every node and for ever: entities are spread by it. */
  readonly shardCount: number;
  readonly claims: Claims;
  readonly members: Members;
  readonly lease: NodeLease;
  readonly hooks: ShardHooks;
  readonly clock: Clock;
  /** Which members may own these shards (default: all that are up). */
  readonly need?: Need;
  /** How long a member must be up before what others own is moved to it, ms (default 1,000). */
  readonly settleMs?: number;
  /** Default 32 takes and 8 hand-overs at once. */
  readonly limits?: Partial<ShardLimits>;
  /** Longest wait for `drain`, ms (default 5,000). */
  readonly drainMs?: number;
  /** How often it looks without being told of a change, ms (default 250). */
  readonly lookMs?: number;
}

/** What a shard keeper takes; everything but `look` it tells itself. */
export type ShardKeeperMessage =
  | { readonly type: 'look' }
  | { readonly type: 'took'; readonly shard: number; readonly claim: HeldClaim | undefined }
  | { readonly type: 'gave-up'; readonly shard: number; readonly claim: HeldClaim };

type Ctx = ActorContext<ShardKeeperMessage>;

interface ShardHere {
  readonly phase: NonNullable<ShardFact['here']>;
  readonly claim: HeldClaim | undefined;
}

const DEFAULT_LIMITS: ShardLimits = { takes: 32, handOvers: 8 };
const DEFAULT_DRAIN_MS = 5_000;
/** How often a keeper looks without being told of a change, ms. */
export const DEFAULT_LOOK_MS = 250;

/** State of one keeper; its methods run in the keeper's turns, apart from the reading ones. */
export class ShardKeeping {
  readonly prefix: string;
  readonly #options: ShardKeeperOptions;
  readonly #limits: ShardLimits;
  readonly #wishes: ShardWishes;
  readonly #here = new Map<number, ShardHere>();
  /** Shards whose take failed a moment ago. */
  readonly #restsUntilMs = new Map<number, number>();
  readonly #listeners = new Set<(shard: number) => void>();
  readonly #drained: (() => void)[] = [];
  #isLeaving = false;
  #isAsked = false;

  constructor(options: ShardKeeperOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.prefix = `${shardClaim(options.kind, 0).slice(0, -1)}`;
    this.#wishes = new ShardWishes(options);
  }

  /** For the inspector. */
  get stateName(): string {
    return `${this.#here.size} shards${this.#isLeaving ? ', leaving' : ''}`;
  }

  /** What this node owns of a shard and does not hand over. */
  owned(shard: number): HeldClaim | undefined {
    const here = this.#here.get(shard);
    return here?.phase === 'owned' ? here.claim : undefined;
  }

  onChange(listener: (shard: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** True once until the next look: many changes at once are looked at once. */
  askToLook(): boolean {
    if (this.#isAsked) return false;
    this.#isAsked = true;
    return true;
  }

  drain(): Promise<void> {
    this.#isLeaving = true;
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  handle(message: ShardKeeperMessage, ctx: Ctx): void {
    switch (message.type) {
      case 'look':
        this.#isAsked = false;
        break;
      case 'took':
        this.#took(message.shard, { claim: message.claim, nowMs: ctx.system.clock.monotonicMs() });
        break;
      case 'gave-up':
        this.#end(message.shard);
        break;
    }
    this.#dropLost();
    if (this.#options.lease.isHeld()) this.#begin(ctx);
    if (!this.#isLeaving || this.#ownsAny()) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #took(shard: number, { claim, nowMs }: { claim: HeldClaim | undefined; nowMs: number }): void {
    if (claim === undefined) {
      // A store that refuses at once must not be asked again at once.
      this.#restsUntilMs.set(shard, nowMs + (this.#options.lookMs ?? DEFAULT_LOOK_MS));
      return this.#end(shard);
    }
    this.#here.set(shard, { phase: 'owned', claim });
    this.#tell(shard);
  }

  #end(shard: number): void {
    if (this.#here.delete(shard)) this.#tell(shard);
  }

  #tell(shard: number): void {
    for (const listener of this.#listeners) listener(shard);
  }

  /** Lost: the lease is over for good, or another owner was seen. A suspended lease may come back. */
  #dropLost(): void {
    const { lease, claims, hooks } = this.#options;
    const isOver = lease.state === 'lost';
    for (const [shard, { claim, phase }] of this.#here) {
      if (claim === undefined) continue;
      // What is newer than a claim that is being given up is, as a rule, the giving up.
      const newest = phase === 'owned' ? (claims.get(claim.name)?.generation ?? 0) : 0;
      if (!isOver && newest <= claim.generation) continue;
      this.#end(shard);
      hooks.lost?.(shard, claim);
    }
  }

  #ownsAny(): boolean {
    return this.#options.lease.state !== 'lost' && this.#here.size > 0;
  }

  #begin(ctx: Ctx): void {
    const { claims, members, kind, shardCount, lease } = this.#options;
    const facts: ShardFact[] = [];
    for (let shard = 0; shard < shardCount; shard++) {
      const holder = claims.get(shardClaim(kind, shard))?.holder;
      const isHolderLiving = holder !== undefined && members.isLiving(holder.node, holder.incarnation);
      facts.push({ holder, isHolderLiving, here: this.#here.get(shard)?.phase });
    }
    const self = { node: lease.node, incarnation: lease.incarnation };
    const wishes = this.#wishes.look();
    const isLeaving = this.#isLeaving || !wishes.isSelfEligible;
    const steps = planShards({ self, facts, ...wishes, isLeaving }, this.#limits);
    const nowMs = ctx.system.clock.monotonicMs();
    for (const shard of steps.take) if ((this.#restsUntilMs.get(shard) ?? 0) <= nowMs) this.#take(shard, ctx);
    for (const shard of steps.handOver) this.#handOver(shard, ctx);
  }

  #take(shard: number, ctx: Ctx): void {
    const { claims, kind, hooks } = this.#options;
    this.#restsUntilMs.delete(shard);
    this.#here.set(shard, { phase: 'taking', claim: undefined });
    ctx.pipeToSelf(
      async () => {
        const claim = await claims.take(shardClaim(kind, shard));
        if (claim === undefined) return undefined;
        try {
          await hooks.taken?.(shard, claim);
        } catch (error) {
          ctx.log.error('a shard could not be started here; it is given up', { kind, shard, error });
          await claim.release();
          return undefined;
        }
        return claim;
      },
      // What failed is tried again at the next look: the claim's key says what came of it.
      (result) => ({ type: 'took', shard, claim: valueOf(result) }),
    );
  }

  #handOver(shard: number, ctx: Ctx): void {
    const claim = this.#here.get(shard)!.claim!;
    this.#here.set(shard, { phase: 'handing-over', claim });
    this.#tell(shard);
    ctx.pipeToSelf(
      async () => {
        await this.#drainShard(shard, ctx);
        await claim.release();
      },
      () => ({ type: 'gave-up', shard, claim }),
    );
  }

  async #drainShard(shard: number, ctx: Ctx): Promise<void> {
    const { clock, hooks, kind, drainMs = DEFAULT_DRAIN_MS } = this.#options;
    let wake = (): void => {};
    const late = new Promise<'late'>((resolve) => (wake = () => resolve('late')));
    const timer = clock.setTimer(drainMs, wake);
    try {
      if ((await Promise.race([hooks.drain(shard), late])) === 'late')
        ctx.log.warn('a shard did not drain in time; its fence ends what still runs', { kind, shard });
    } catch (error) {
      ctx.log.error('a shard could not be drained; its fence ends what still runs', { kind, shard, error });
    } finally {
      timer.cancel();
    }
  }
}

function valueOf<T>(result: PromiseSettledResult<T>): T | undefined {
  return result.status === 'fulfilled' ? result.value : undefined;
}
