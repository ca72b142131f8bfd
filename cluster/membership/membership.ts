/** What this node knows of the others, and what it does when one of them is over. */
import { memberKey, MEMBERS_PREFIX } from '../../contracts/cluster-names.ts';
import { toWitanError } from '../../contracts/errors.ts';
import type { WitanError } from '../../contracts/errors.ts';
import type { Clock, Random } from '../../runtime/kernel/clock.ts';
import type { KvChange, KvPort } from '../../runtime/kernel/ports/kv.ts';
import { declarerDelayMs, FailureDetector } from './failure-detector.ts';
import type { Suspect } from './failure-detector.ts';
import { KeyFollower } from './follow-keys.ts';
import type { HeartbeatOutput } from './heartbeat.ts';
import { encodeMember, epitaph } from './member-key.ts';
import { MemberTable } from './member-table.ts';
import type { Fate, TableChange, TableMember } from './member-table.ts';
import type { Member, Members } from './members.ts';

/** Settings of a {@link Membership}. */
export interface MembershipOptions {
  readonly kv: KvPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly self: { readonly node: string; readonly incarnation: string };
  readonly times: { readonly beatMs: number; readonly leaseMs: number };
  /** Lag of a main loop from which on its node is `slow`, ms (default 250). */
  readonly slowMs?: number;
  /** Time after which the key of a member that is gone is removed, ms (default 600,000). */
  readonly forgetMs?: number;
  /** Default: one with these times. */
  readonly detector?: FailureDetector;
  /** Told of what the store refused or did not answer; everything is tried again. */
  readonly onFailure?: (error: WitanError) => void;
}

/** Runs whose end must be certain before what they own is taken. */
export interface MemberFates {
  readonly self: { readonly node: string; readonly incarnation: string };
  fate(node: string, incarnation: string): Fate;
  /**
   * Whether a run is over, for certain. One whose key was never seen here is made over: its key is created as
   * gone, which fails where it lives, and keeps it from ever renewing where it does not.
   * @throws unavailable
   */
  proveGone(node: string, incarnation: string): Promise<boolean>;
  onGone(listener: (node: string, incarnation: string) => void): () => void;
}

const DEFAULT_SLOW_MS = 250;
const DEFAULT_FORGET_MS = 600_000;

/** {@link Members} over a watch of the members' keys. */
export class Membership implements Members, MemberFates {
  readonly self: { readonly node: string; readonly incarnation: string };
  readonly #options: MembershipOptions;
  readonly #ownKey: string;
  readonly #table = new MemberTable();
  readonly #detector: FailureDetector;
  readonly #follower: KeyFollower;
  readonly #changeListeners = new Set<() => void>();
  readonly #goneListeners = new Set<(node: string, incarnation: string) => void>();
  readonly #conditions = new Map<string, Member['condition']>();
  /** Keys of runs that are over, and when they may be removed. */
  readonly #forgetAtMs = new Map<string, number>();
  readonly #declaring = new Set<string>();
  #ownRevision = 0;
  /** Oldest own renewal that the watch has not shown yet. */
  #unseen: { readonly revision: number; readonly atMs: number } | undefined;
  #isStopped = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.self = options.self;
    this.#ownKey = memberKey(options.self.node, options.self.incarnation);
    this.#detector = options.detector ?? new FailureDetector(options.times);
    this.#follower = new KeyFollower({
      kv: options.kv,
      clock: options.clock,
      random: options.random,
      prefix: MEMBERS_PREFIX,
      onChange: (change) => this.#take(change),
      ...(options.onFailure && { onBroken: options.onFailure }),
    });
  }

  /** Begins to watch. Idempotent. */
  start(): void {
    this.#follower.start();
  }

  /** Ends the watch; nothing is declared any more. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#follower.stop();
  }

  /** Takes in what the own heartbeat said: a new revision is a renewal that succeeded. */
  noteHeartbeat({ revision }: HeartbeatOutput): void {
    if (revision <= this.#ownRevision || this.#isStopped) return;
    this.#ownRevision = revision;
    const nowMs = this.#options.clock.monotonicMs();
    this.#checkWatch(nowMs);
    const suspects = this.#detector.renewed(nowMs);
    this.#judgeConditions();
    const keys = suspects.length === 0 ? [] : this.#table.living().map((member) => member.key);
    for (const suspect of suspects) if (this.#isMine(suspect, keys)) void this.#declare(suspect);
    this.#removeForgotten(nowMs);
  }

  list(): readonly Member[] {
    return this.#table.living().map((member) => this.#describe(member));
  }

  get(node: string): Member | undefined {
    const runs = this.#table.living().filter(({ record }) => record.node === node);
    const newest = runs.sort((left, right) => right.since - left.since)[0];
    return newest && this.#describe(newest);
  }

  isLiving(node: string, incarnation: string): boolean {
    return this.#table.fate(node, incarnation) === 'living';
  }

  fate(node: string, incarnation: string): Fate {
    return this.#table.fate(node, incarnation);
  }

  async proveGone(node: string, incarnation: string): Promise<boolean> {
    const fate = this.fate(node, incarnation);
    if (fate !== 'unknown') return fate === 'gone';
    const key = memberKey(node, incarnation);
    try {
      const value = encodeMember(epitaph({ node, incarnation }, this.self.node));
      this.#take({ key, value, revision: await this.#options.kv.create(key, value) });
    } catch (thrown) {
      if (toWitanError(thrown).code !== 'already_exists') throw thrown;
      await this.#look(key);
    }
    return this.fate(node, incarnation) === 'gone';
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => void this.#changeListeners.delete(listener);
  }

  onGone(listener: (node: string, incarnation: string) => void): () => void {
    this.#goneListeners.add(listener);
    return () => void this.#goneListeners.delete(listener);
  }

  #take(change: KvChange): void {
    if (this.#isStopped) return;
    if (change.key === this.#ownKey && this.#unseen && change.revision >= this.#unseen.revision) {
      this.#unseen = undefined;
    }
    const result = this.#table.apply(change);
    if (this.#table.endRevision(change.key) !== undefined) this.#forgetLater(change);
    if (result === undefined) return;
    if (result.kind === 'gone') return this.#tellGone(change.key, result);
    const { member } = result;
    if (member.key !== this.#ownKey) {
      this.#detector.seen(member.key, member.revision, this.#options.clock.monotonicMs());
    }
    const isNews = this.#judge(member);
    if (isNews || result.kind !== 'renewed') this.#tellChange();
  }

  #tellGone(key: string, { node, incarnation }: Extract<TableChange, { kind: 'gone' }>): void {
    this.#detector.forget(key);
    this.#conditions.delete(key);
    for (const listener of this.#goneListeners) listener(node, incarnation);
    this.#tellChange();
  }

  #tellChange(): void {
    for (const listener of this.#changeListeners) listener();
  }

  #describe({ key, record, revision, since }: TableMember): Member {
    return { record, revision, since, condition: this.#conditions.get(key) ?? 'well' };
  }

  #judgeConditions(): void {
    const news = this.#table.living().filter((member) => this.#judge(member));
    if (news.length > 0) this.#tellChange();
  }

  /** Whether the condition of a member is another one now. */
  #judge({ key, record }: TableMember): boolean {
    const isSlow = record.lagMs >= (this.#options.slowMs ?? DEFAULT_SLOW_MS);
    const condition = this.#detector.isSilent(key) ? 'silent' : isSlow ? 'slow' : 'well';
    const before = this.#conditions.get(key) ?? 'well';
    this.#conditions.set(key, condition);
    return before !== condition;
  }

  /** A watch that did not show an own renewal for a full lease has fallen behind, whatever it says. */
  #checkWatch(nowMs: number): void {
    const { leaseMs } = this.#options.times;
    if (this.#unseen !== undefined && nowMs - this.#unseen.atMs > leaseMs) {
      this.#unseen = undefined;
      this.#follower.restart();
    }
    const shown = this.#table.get(this.#ownKey)?.revision ?? 0;
    if (shown < this.#ownRevision) this.#unseen ??= { revision: this.#ownRevision, atMs: nowMs };
  }

  #isMine({ key }: Suspect, keys: readonly string[]): boolean {
    const { beatMs, leaseMs } = this.#options.times;
    const delayMs = declarerDelayMs(key, { self: this.#ownKey, keys, beatMs });
    return this.#detector.countedMs(key) >= leaseMs + delayMs;
  }

  /** Writes `gone` at the revision that was watched: the write itself decides, the timer only suggests. */
  async #declare({ key, revision }: Suspect): Promise<void> {
    const member = this.#table.get(key);
    if (member === undefined || member.revision !== revision || this.#declaring.has(key)) return;
    this.#declaring.add(key);
    try {
      const value = encodeMember({ ...member.record, state: 'gone', goneBy: this.self.node });
      this.#take({ key, value, revision: await this.#options.kv.update(key, value, revision) });
    } catch (thrown) {
      await this.#declareFailed(key, toWitanError(thrown));
    } finally {
      this.#declaring.delete(key);
    }
  }

  async #declareFailed(key: string, error: WitanError): Promise<void> {
    this.#options.onFailure?.(error);
    if (error.code !== 'stale_writer') return;
    try {
      if (await this.#look(key)) return;
      // No such key: it left while no watch was open, or the read was stale. Creating it tells.
      const { node, incarnation } = this.#table.get(key)?.record ?? this.self;
      if (memberKey(node, incarnation) === this.#ownKey) return;
      const value = encodeMember(epitaph({ node, incarnation }, this.self.node));
      this.#take({ key, value, revision: await this.#options.kv.create(key, value) });
    } catch (thrown) {
      this.#options.onFailure?.(toWitanError(thrown));
    }
  }

  /** Reads a key and takes in what it shows; false: there is none. */
  async #look(key: string): Promise<boolean> {
    const entry = await this.#options.kv.get(key);
    if (entry !== undefined) this.#take(entry);
    return entry !== undefined;
  }

  #forgetLater({ key, value }: Pick<KvChange, 'key' | 'value'>): void {
    const forgetMs = this.#options.forgetMs ?? DEFAULT_FORGET_MS;
    if (value === undefined) this.#forgetAtMs.delete(key);
    else if (!this.#forgetAtMs.has(key)) {
      this.#forgetAtMs.set(key, this.#options.clock.monotonicMs() + forgetMs);
    }
  }

  /** The first of the living removes what everybody has long known to be over. */
  #removeForgotten(nowMs: number): void {
    const isFirst = this.#table.living()[0]?.key === this.#ownKey;
    for (const [key, atMs] of this.#forgetAtMs) {
      if (atMs > nowMs) break;
      this.#forgetAtMs.delete(key);
      const revision = this.#table.endRevision(key);
      if (!isFirst || revision === undefined) continue;
      this.#options.kv.delete(key, revision).catch((thrown: unknown) => {
        const error = toWitanError(thrown);
        this.#options.onFailure?.(error);
        if (error.code !== 'stale_writer') this.#forgetLater({ key, value: new Uint8Array() });
      });
    }
  }
}
