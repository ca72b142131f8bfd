/** {@link Claims} over a key-value store: every change of an owner is one compare-and-set. */
import { claimKey, CLAIMS_PREFIX } from '../../contracts/cluster-names.ts';
import { toWitanError, WitanError } from '../../contracts/errors.ts';
import type { ClaimHolder } from '../../contracts/messages/cluster/claim.ts';
import type { Fence } from '../../runtime/kernel/actor.ts';
import type { Clock, Random, TimerHandle } from '../../runtime/kernel/clock.ts';
import type { KvChange, KvPort } from '../../runtime/kernel/ports/kv.ts';
import { KeyFollower } from '../membership/follow-keys.ts';
import type { MemberFates } from '../membership/membership.ts';
import type { NodeLease } from '../membership/node-lease.ts';
import { claimFence } from './claim-fence.ts';
import type { FenceParts } from './claim-fence.ts';
import { ClaimTable, encodeClaim } from './claim-table.ts';
import type { TableClaim } from './claim-table.ts';
import type { Claim, Claims, HeldClaim } from './claims.ts';

/** Settings of {@link KvClaims}. */
export interface KvClaimsOptions {
  readonly kv: KvPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly lease: NodeLease;
  readonly members: MemberFates;
  /** How often the watch is opened anew: one can fall behind without saying so (default 60,000 ms). */
  readonly refreshMs?: number;
  /** Default {@link claimFence}. */
  readonly makeFence?: (parts: FenceParts) => Fence;
  /** Told when the watch broke; it is opened again. */
  readonly onFailure?: (error: WitanError) => void;
}

interface Owned {
  readonly claim: HeldClaim;
  isReleased: boolean;
}

const DEFAULT_REFRESH_MS = 60_000;

/** The claims of the cluster as this incarnation sees and takes them. */
export class KvClaims implements Claims {
  readonly #options: KvClaimsOptions;
  readonly #self: ClaimHolder;
  readonly #table = new ClaimTable();
  readonly #follower: KeyFollower;
  readonly #owned = new Map<string, Owned>();
  readonly #taking = new Map<string, Promise<HeldClaim | undefined>>();
  readonly #listeners = new Set<(names: readonly string[]) => void>();
  #refresh: TimerHandle | undefined;
  #stopGone: (() => void) | undefined;

  constructor(options: KvClaimsOptions) {
    this.#options = options;
    this.#self = { node: options.lease.node, incarnation: options.lease.incarnation };
    this.#follower = new KeyFollower({
      kv: options.kv,
      clock: options.clock,
      random: options.random,
      prefix: CLAIMS_PREFIX,
      onChange: (change) => this.#apply(change),
      ...(options.onFailure && { onBroken: options.onFailure }),
    });
  }

  /** Begins to watch. Idempotent. */
  start(): void {
    this.#stopGone ??= this.#options.members.onGone((node, incarnation) => {
      this.#tell(this.#table.heldBy(node, incarnation));
    });
    this.#follower.start();
    this.#refreshLater();
  }

  /** Ends the watch; what is held stays held as far as the lease says so. Idempotent. */
  stop(): void {
    this.#stopGone?.();
    this.#refresh?.cancel();
    this.#follower.stop();
  }

  get(name: string): Claim | undefined {
    const claim = this.#table.get(name);
    return claim && this.#describe(claim);
  }

  list(prefix: string): readonly Claim[] {
    return this.#table.list(prefix).map((claim) => this.#describe(claim));
  }

  onChange(listener: (names: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  take(name: string): Promise<HeldClaim | undefined> {
    const owned = this.#owned.get(name);
    if (owned && !owned.isReleased && this.#table.revision(name) <= owned.claim.generation) {
      return Promise.resolve(owned.claim);
    }
    const open = this.#taking.get(name);
    if (open) return open;
    const taking = this.#take(name).finally(() => void this.#taking.delete(name));
    this.#taking.set(name, taking);
    return taking;
  }

  async #take(name: string): Promise<HeldClaim | undefined> {
    const { kv, lease } = this.#options;
    if (!lease.isHeld()) throw new WitanError('unavailable', 'the lease of this node is not held');
    const known = this.#table.get(name);
    if (known?.holder && !this.#isSelf(known.holder) && !(await this.#isOver(known.holder))) return undefined;
    const seen = known?.revision ?? 0;
    const value = encodeClaim(this.#self);
    const isCreated = known === undefined || known.isRemoved;
    try {
      const written = isCreated ? kv.create(claimKey(name), value) : kv.update(claimKey(name), value, seen);
      return this.#own(name, await written);
    } catch (thrown) {
      return this.#resolve(name, seen, toWitanError(thrown));
    }
  }

  /**
   * A take that failed, or whose answer was lost: the record says whose the claim is. One that is newer than
   * what was known and names this incarnation can only be of a take: nothing that it covers was given up.
   */
  async #resolve(name: string, seen: number, error: WitanError): Promise<HeldClaim | undefined> {
    const isRefused = error.code === 'stale_writer' || error.code === 'already_exists';
    const entry = await this.#options.kv.get(claimKey(name));
    if (entry !== undefined) this.#apply(entry);
    const claim = this.#table.get(name);
    if (claim !== undefined && claim.revision > seen) {
      return claim.holder && this.#isSelf(claim.holder) ? this.#own(name, claim.revision) : undefined;
    }
    if (isRefused) return undefined;
    throw new WitanError('unavailable', `whether ${name} was taken is not known`, {}, error);
  }

  #own(name: string, generation: number): HeldClaim {
    const before = this.#owned.get(name);
    if (before?.claim.generation === generation && !before.isReleased) return before.claim;
    const owned: Owned = {
      isReleased: false,
      claim: {
        name,
        generation,
        fence: (this.#options.makeFence ?? claimFence)({
          generation,
          lease: this.#options.lease,
          seenRevision: () => this.#table.revision(name),
          isReleased: () => owned.isReleased,
        }),
        release: () => this.#release(owned),
      },
    };
    this.#owned.set(name, owned);
    this.#apply({ key: claimKey(name), value: encodeClaim(this.#self), revision: generation });
    return owned.claim;
  }

  /** Not held from the first moment on: what comes of the write is not known before it is over. */
  async #release(owned: Owned): Promise<void> {
    const { name, generation } = owned.claim;
    owned.isReleased = true;
    if (this.#owned.get(name) !== owned) return;
    const value = encodeClaim(null);
    try {
      const revision = await this.#options.kv.update(claimKey(name), value, generation);
      this.#apply({ key: claimKey(name), value, revision });
    } catch (thrown) {
      const error = toWitanError(thrown);
      // Another revision: an earlier try succeeded, or somebody else has it. It is not ours in any case.
      if (error.code !== 'stale_writer')
        throw new WitanError('unavailable', `whether ${name} was given up is not known`, {}, error);
    }
    if (this.#owned.get(name) === owned) this.#owned.delete(name);
  }

  #apply(change: KvChange): void {
    const name = this.#table.apply(change);
    if (name !== undefined) this.#tell([name]);
  }

  #tell(names: readonly string[]): void {
    if (names.length > 0) for (const listener of this.#listeners) listener(names);
  }

  #describe({ name, holder, revision }: TableClaim): Claim {
    const isFree =
      holder !== undefined && this.#options.members.fate(holder.node, holder.incarnation) === 'gone';
    return { name, holder: isFree ? undefined : holder, generation: revision };
  }

  #isSelf({ node, incarnation }: ClaimHolder): boolean {
    return node === this.#self.node && incarnation === this.#self.incarnation;
  }

  #isOver({ node, incarnation }: ClaimHolder): Promise<boolean> {
    return this.#options.members.proveGone(node, incarnation);
  }

  #refreshLater(): void {
    this.#refresh?.cancel();
    const delayMs = this.#options.refreshMs ?? DEFAULT_REFRESH_MS;
    this.#refresh = this.#options.clock.setTimer(delayMs, () => {
      this.#follower.restart();
      this.#refreshLater();
    });
  }
}
