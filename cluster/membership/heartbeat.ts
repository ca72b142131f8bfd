/** The loop that joins a node, keeps its lease and says how it fares; runs in a thread of its own. */
import { memberKey } from '../../contracts/cluster-names.ts';
import { toWitanError } from '../../contracts/errors.ts';
import type { WitanError } from '../../contracts/errors.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import type { Clock, TimerHandle } from '../../runtime/kernel/clock.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';
import type { LeaseCell } from './lease-cell.ts';
import { decodeMember, encodeMember } from './member-key.ts';
import type { LeaseState } from './node-lease.ts';
import { beatSent, beatStored, holdMs, lostLease, refusedAndFound, UNBORN } from './own-lease.ts';
import type { FoundRecord, OwnLease } from './own-lease.ts';

/** What stays the same over a run of a node. */
export type MemberIdentity = Pick<
  MemberRecord,
  'node' | 'incarnation' | 'protocol' | 'version' | 'roles' | 'labels'
>;

/** What the main loop tells the heartbeat; plain data. It has to come more often than `hungMs`. */
export interface HeartbeatInput {
  readonly state: 'joining' | 'up' | 'draining';
  /** Open decisions. */
  readonly load: number;
  /** How late the main loop runs, ms. */
  readonly lagMs: number;
}

/** What the heartbeat tells the main loop, after each renewal and each change; plain data. */
export interface HeartbeatOutput {
  readonly state: LeaseState;
  /** On the clock of the heartbeat; −Infinity: not held. */
  readonly heldUntilMs: number;
  /** Of the own key. A higher one than before: a renewal succeeded, so the store takes writes. */
  readonly revision: number;
}

/** Times of the lease, the same on every node of a cluster. */
export interface LeaseTimes {
  readonly beatMs: number;
  readonly leaseMs: number;
  /** A main loop that says nothing for so long is hung: its lease is not renewed any more. */
  readonly hungMs: number;
  /** Share of the lease that the holder gives up early (default 0.1). */
  readonly marginShare?: number;
}

/** Settings of a {@link Heartbeat}. */
export interface HeartbeatOptions {
  readonly kv: KvPort;
  /** Its monotonic time is what {@link LeaseCell} holds: one that every thread of the process reads alike. */
  readonly clock: Clock;
  readonly cell: LeaseCell;
  readonly identity: MemberIdentity;
  readonly times: LeaseTimes;
  readonly onOutput: (output: HeartbeatOutput) => void;
  /** Told of each renewal that failed; the loop goes on. */
  readonly onFailure?: (error: WitanError) => void;
}

// Renewals that may wait for an answer at once: a store that answers nothing must not fill the memory.
const IN_FLIGHT_MAX = 16;
const LEAVE_TRIES = 3;

/** Keeps one incarnation's key. Start once; `stop` is idempotent and safe before `start`. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #key: string;
  readonly #heldForMs: number;
  #lease: OwnLease = UNBORN;
  #input: HeartbeatInput = { state: 'joining', load: 0, lagMs: 0 };
  #inputAtMs: number;
  #inFlight = 0;
  #isStarted = false;
  #leaving: Promise<void> | undefined;
  #beatTimer: TimerHandle | undefined;
  #untilTimer: TimerHandle | undefined;
  #told: LeaseState = 'joining';

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#key = memberKey(options.identity.node, options.identity.incarnation);
    this.#heldForMs = holdMs(options.times.leaseMs, options.times.marginShare);
    this.#inputAtMs = options.clock.monotonicMs();
  }

  /** Creates the key and renews it from now on. */
  start(): void {
    if (this.#isStarted || this.#leaving) return;
    this.#isStarted = true;
    this.#inputAtMs = this.#options.clock.monotonicMs();
    this.#tick();
  }

  /** News of the main loop; another state is written at once, the rest with the next renewal. */
  update(input: HeartbeatInput): void {
    const isUrgent = input.state !== this.#input.state || this.#isHung();
    this.#input = input;
    this.#inputAtMs = this.#options.clock.monotonicMs();
    if (isUrgent && this.#isStarted) this.#tick();
  }

  /**
   * Gives the lease up and removes the key, so that nobody has to wait for its end. What it covered must have
   * ended before. Resolves also when the store does not answer: then others wait for the lease to run out.
   */
  stop(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  #isHung(): boolean {
    return this.#options.clock.monotonicMs() - this.#inputAtMs > this.#options.times.hungMs;
  }

  #tick(): void {
    this.#beatTimer?.cancel();
    if (this.#leaving || this.#lease.phase === 'lost') return;
    this.#beatTimer = this.#options.clock.setTimer(this.#options.times.beatMs, () => this.#tick());
    if (!this.#isHung() && this.#inFlight < IN_FLIGHT_MAX) void this.#beat();
  }

  async #beat(): Promise<void> {
    const { kv, clock } = this.#options;
    const named = this.#lease.revision;
    this.#lease = beatSent(this.#lease, clock.monotonicMs());
    const { beat } = this.#lease;
    this.#inFlight += 1;
    try {
      const value = encodeMember(this.#record(beat));
      const written = named === 0 ? kv.create(this.#key, value) : kv.update(this.#key, value, named);
      this.#become(beatStored(this.#lease, { beat, revision: await written }, this.#heldForMs));
    } catch (thrown) {
      await this.#failed(toWitanError(thrown), named);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Unknown outcome: the next renewal names the same revision, and finds out. */
  async #failed(error: WitanError, named: number): Promise<void> {
    this.#options.onFailure?.(error);
    if (error.code !== 'stale_writer' && error.code !== 'already_exists') return;
    // Refused only because another renewal of our own was faster.
    if (this.#leaving || named !== this.#lease.revision) return;
    try {
      const entry = await this.#options.kv.get(this.#key);
      if (named !== this.#lease.revision) return;
      this.#become(refusedAndFound(this.#lease, entry && this.#found(entry), this.#heldForMs));
    } catch (thrown) {
      this.#options.onFailure?.(toWitanError(thrown));
    }
  }

  #found({ value, revision }: { value: Uint8Array; revision: number }): FoundRecord {
    const record = decodeMember(this.#key, value);
    // What this node cannot read it did not write.
    return { revision, beat: record?.beat ?? Infinity, isGone: record?.state === 'gone' };
  }

  #record(beat: number): MemberRecord {
    const { clock, identity, times } = this.#options;
    // A loop that is late cannot say so: its silence counts as its lag.
    const silentMs = Math.max(0, clock.monotonicMs() - this.#inputAtMs - times.beatMs);
    const lagMs = Math.round(Math.max(this.#input.lagMs, silentMs));
    return { format: 'witan-member/1', ...identity, ...this.#input, beat, lagMs };
  }

  #become(lease: OwnLease): void {
    if (lease === this.#lease || this.#leaving) return;
    this.#lease = lease;
    const { cell, clock } = this.#options;
    cell.write(this.#state(), lease.heldUntilMs);
    this.#tell();
    this.#untilTimer?.cancel();
    if (lease.phase !== 'standing') return;
    const leftMs = lease.heldUntilMs - clock.monotonicMs();
    this.#untilTimer = clock.setTimer(Math.max(0, leftMs), () => {
      if (this.#state() !== this.#told) this.#tell();
    });
  }

  #state(): LeaseState {
    if (this.#lease.phase !== 'standing') return this.#lease.phase;
    return this.#options.clock.monotonicMs() < this.#lease.heldUntilMs ? 'held' : 'suspended';
  }

  #tell(): void {
    this.#told = this.#state();
    const { revision, heldUntilMs } = this.#lease;
    this.#options.onOutput({ state: this.#told, heldUntilMs, revision });
  }

  async #leave(): Promise<void> {
    const { kv, cell, onFailure } = this.#options;
    this.#beatTimer?.cancel();
    this.#untilTimer?.cancel();
    const { phase, beat } = this.#lease;
    this.#lease = lostLease(this.#lease);
    cell.write('lost', -Infinity);
    this.#tell();
    if (phase === 'lost' || beat === 0) return;
    try {
      // Renewals may still be under way: the key's revision is what a read shows, not what was known here.
      for (let attempt = 0; attempt < LEAVE_TRIES; attempt++) {
        const entry = await kv.get(this.#key);
        if (entry === undefined || decodeMember(this.#key, entry.value)?.state === 'gone') return;
        if (await this.#removed(entry.revision)) return;
      }
    } catch (thrown) {
      onFailure?.(toWitanError(thrown));
    }
  }

  async #removed(revision: number): Promise<boolean> {
    try {
      await this.#options.kv.delete(this.#key, revision);
      return true;
    } catch (thrown) {
      if (toWitanError(thrown).code === 'stale_writer') return false;
      throw thrown;
    }
  }
}
