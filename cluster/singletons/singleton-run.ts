/** States of a singleton on one node: free → taking → running → stopping → giving up → free. */
import { singletonClaim } from '../../contracts/cluster-names.ts';
import type { ActorContext } from '../../runtime/kernel/actor.ts';
import { stop } from '../../runtime/kernel/index.ts';
import type { AnyRef } from '../../runtime/kernel/index.ts';
import { Backoff } from '../../supervisors/backoff.ts';
import { spawnSupervisor } from '../../supervisors/supervisor.ts';
import type { HeldClaim } from '../claims/claims.ts';
import { capacityOf, eligibleMembers } from '../placement/eligibility.ts';
import { rendezvous } from '../placement/rendezvous.ts';
import type { SingletonMessage, SingletonOptions } from './singleton.ts';

type Ctx = ActorContext<SingletonMessage>;

type Phase =
  | { readonly kind: 'free' }
  | { readonly kind: 'taking' }
  | { readonly kind: 'running' | 'stopping'; readonly claim: HeldClaim; readonly child: AnyRef }
  | { readonly kind: 'giving-up'; readonly claim: HeldClaim };

const DEFAULT_STANDBY_MS = 2_000;
/** How often a singleton looks without being told of a change, ms. */
export const DEFAULT_LOOK_MS = 250;

/** What one node does about one singleton; its methods run in the turns of its actor. */
export class SingletonRun {
  readonly #options: SingletonOptions;
  readonly #claimName: string;
  readonly #drained: (() => void)[] = [];
  #phase: Phase = { kind: 'free' };
  #isLeaving = false;
  #isAsked = false;
  /** Own monotonic time from which on nobody was seen to have it. */
  #freeSinceMs: number | undefined;
  #restsUntilMs = -Infinity;
  #backoff: Backoff | undefined;

  constructor(options: SingletonOptions) {
    this.#options = options;
    this.#claimName = singletonClaim(options.name);
  }

  /** For the inspector. */
  get stateName(): string {
    return this.#phase.kind;
  }

  /** Supervisor of the child while it runs. */
  get child(): AnyRef | undefined {
    return 'child' in this.#phase ? this.#phase.child : undefined;
  }

  /** Of the ownership, while there is one. */
  get generation(): number | undefined {
    return 'claim' in this.#phase ? this.#phase.claim.generation : undefined;
  }

  /** True once until the next look. */
  askToLook(): boolean {
    if (this.#isAsked) return false;
    this.#isAsked = true;
    return true;
  }

  /** Resolves once this node is free of it and leaves. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  handle(message: SingletonMessage, ctx: Ctx): void {
    switch (message.type) {
      case 'look':
        this.#isAsked = false;
        break;
      case 'drain':
        this.#isLeaving = true;
        break;
      case 'took':
        this.#took(message.claim, ctx);
        break;
      case 'released':
        this.#phase = { kind: 'free' };
        break;
    }
    this.#look(ctx);
    if (this.#isLeaving && this.#phase.kind === 'free')
      for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** The child's supervisor has ended: on demand, or because it gave up. */
  childEnded(ref: AnyRef, ctx: Ctx): void {
    const phase = this.#phase;
    if (!('child' in phase) || phase.child !== ref) return;
    if (phase.kind === 'running') this.#rest(ctx, 'the child of a singleton ended; others may run it');
    this.#giveUp(phase.claim, ctx);
    this.#look(ctx);
  }

  #look(ctx: Ctx): void {
    const phase = this.#phase;
    if (phase.kind === 'running' && (this.#isLeaving || this.#isOver(phase.claim) || !this.#isEligible())) {
      this.#phase = { ...phase, kind: 'stopping' };
      stop(phase.child);
    }
    if (phase.kind !== 'free' || this.#isLeaving) return;
    const nowMs = ctx.system.clock.monotonicMs();
    if (!this.#mayTake(nowMs)) return;
    this.#phase = { kind: 'taking' };
    ctx.pipeToSelf(
      () => this.#options.claims.take(this.#claimName),
      (result) => ({ type: 'took', claim: result.status === 'fulfilled' ? result.value : undefined }),
    );
  }

  #took(claim: HeldClaim | undefined, ctx: Ctx): void {
    if (this.#phase.kind !== 'taking') return;
    this.#phase = { kind: 'free' };
    if (claim === undefined) {
      // A store that refuses at once must not be asked again at once.
      this.#restsUntilMs = ctx.system.clock.monotonicMs() + (this.#options.lookMs ?? DEFAULT_LOOK_MS);
      return;
    }
    try {
      const children = [this.#options.child(claim.fence)];
      const child = spawnSupervisor(ctx.self, `run-${claim.generation}`, { children });
      ctx.watch(child);
      this.#phase = { kind: 'running', claim, child };
    } catch (error) {
      ctx.log.error('a singleton could not be started', { name: this.#options.name, error });
      this.#rest(ctx, 'the child of a singleton did not start; others may run it');
      this.#giveUp(claim, ctx);
    }
  }

  #giveUp(claim: HeldClaim, ctx: Ctx): void {
    this.#phase = { kind: 'giving-up', claim };
    // What is unknown of it is cleared up by the next take: the record still names this run then.
    ctx.pipeToSelf(
      () => claim.release(),
      () => ({ type: 'released' }),
    );
  }

  #rest(ctx: Ctx, what: string): void {
    const nowMs = ctx.system.clock.monotonicMs();
    this.#backoff ??= new Backoff(ctx.system.random, {
      firstMs: 3 * (this.#options.standbyMs ?? DEFAULT_STANDBY_MS),
      maxMs: 60_000,
    });
    this.#restsUntilMs = nowMs + this.#backoff.next(nowMs);
    ctx.log.warn(what, { name: this.#options.name });
  }

  /** Whether this node is not to take it up again: the lease is lost, or another has it. */
  #isOver(claim: HeldClaim): boolean {
    const { lease, claims } = this.#options;
    return lease.state === 'lost' || (claims.get(this.#claimName)?.generation ?? 0) > claim.generation;
  }

  #isEligible(): boolean {
    return this.#order().includes(this.#options.lease.node);
  }

  /** Eligible nodes, the one wished for first; those that are silent come last. */
  #order(): string[] {
    const { members, need } = this.#options;
    const eligible = eligibleMembers(members.list(), need);
    const silent = new Set(
      eligible.filter(({ condition }) => condition === 'silent').map((one) => one.record.node),
    );
    const nodes = eligible.map(({ record }) => ({ node: record.node, weight: capacityOf(record) }));
    const order = rendezvous(this.#claimName, nodes);
    return [...order.filter((node) => !silent.has(node)), ...order.filter((node) => silent.has(node))];
  }

  #mayTake(nowMs: number): boolean {
    const { claims, members, lease, standbyMs = DEFAULT_STANDBY_MS } = this.#options;
    const holder = claims.get(this.#claimName)?.holder;
    const isOwn = holder?.node === lease.node && holder.incarnation === lease.incarnation;
    if (holder && !isOwn && members.isLiving(holder.node, holder.incarnation)) {
      this.#freeSinceMs = undefined;
      return false;
    }
    this.#freeSinceMs ??= nowMs;
    const rank = this.#order().indexOf(lease.node);
    if (rank < 0 || !lease.isHeld() || nowMs < this.#restsUntilMs) return false;
    return isOwn || nowMs - this.#freeSinceMs >= rank * standbyMs;
  }
}
