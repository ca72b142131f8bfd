/** Leases and the one claim of the log as the design has them, in a few lines: renewals, a judge, and CAS. */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import { claimKey } from '../../../contracts/cluster-names.ts';
import { ClaimRecord } from '../../../contracts/messages/cluster/claim.ts';
import type { Claim, Claims, HeldClaim } from '../../../cluster/claims/claims.ts';
import type { KvEntry, KvPort } from '../../../runtime/kernel/ports/kv.ts';
import type { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { HostGate } from './host-gate.ts';

/** Times of a lease, ms. */
export const LEASE_MS = 2_000;
const BEAT_MS = 500;
const JUDGE_MS = 50;
const MARGIN = 0.9;

/** What all nodes agree on: which runs live. */
export class FakeLeases {
  readonly #clock: SimClock;
  readonly #renewedMs = new Map<string, number>();
  readonly #gone = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(clock: SimClock) {
    this.#clock = clock;
    this.#judge();
  }

  /** Whether a run of a node is known to be over. */
  isGone(run: string): boolean {
    return this.#gone.has(run);
  }

  /** Nodes with a run that lives. */
  living(): string[] {
    return [...this.#renewedMs.keys()].map((run) => run.split(' ')[0]!);
  }

  /** A renewal that reached the store; false when the run is over. */
  renew(run: string): boolean {
    if (this.#gone.has(run)) return false;
    this.#renewedMs.set(run, this.#clock.monotonicMs());
    return true;
  }

  /** Calls `listener` when a run is over. */
  onGone(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #judge(): void {
    this.#clock.setTimer(JUDGE_MS, () => this.#judge());
    for (const [run, atMs] of this.#renewedMs) {
      if (this.#clock.monotonicMs() - atMs < LEASE_MS) continue;
      this.#renewedMs.delete(run);
      this.#gone.add(run);
      for (const listener of this.#listeners) listener();
    }
  }
}

/** Claims of one run of a node. */
export class FakeClaims implements Claims {
  readonly #parts: { node: string; gate: HostGate; kv: KvPort; leases: FakeLeases };
  readonly #seen = new Map<string, KvEntry>();
  readonly #listeners = new Set<(names: readonly string[]) => void>();
  readonly #names: readonly string[];
  #incarnation: string;
  #runs = 0;
  #heldUntilMs = -Infinity;

  constructor(
    parts: { node: string; gate: HostGate; kv: KvPort; leases: FakeLeases },
    incarnation: number,
    names: readonly string[],
  ) {
    this.#parts = parts;
    this.#names = names;
    this.#incarnation = `${incarnation.toString(16).padStart(12, '0')}0000`;
    parts.leases.onGone(() => parts.gate.run(() => this.#tell()));
    for (const name of names) void this.#follow(name);
    this.#renew();
  }

  get(name: string): Claim | undefined {
    const entry = this.#seen.get(name);
    if (!entry) return undefined;
    const { holder } = ClaimRecord.parse(JSON.parse(new TextDecoder().decode(entry.value)));
    const isFree = holder === null || this.#parts.leases.isGone(`${holder.node} ${holder.incarnation}`);
    return { name, holder: isFree ? undefined : holder, generation: entry.revision };
  }

  list(prefix: string): readonly Claim[] {
    return this.#names.filter((name) => name.startsWith(prefix)).flatMap((name) => this.get(name) ?? []);
  }

  async take(name: string): Promise<HeldClaim | undefined> {
    if (!this.#isHeld()) throw new WitanError('unavailable', 'the lease is not held');
    const current = await this.#parts.kv.get(claimKey(name));
    if (current) this.#see(name, current);
    const seen = this.get(name);
    const incarnation = this.#incarnation;
    if (seen?.holder && seen.holder.incarnation !== incarnation) return undefined;
    const generation = await this.#write(name, { node: this.#parts.node, incarnation }, seen?.generation);
    if (generation === undefined) return undefined;
    const isHeld = (): boolean =>
      this.#isHeld() &&
      this.#incarnation === incarnation &&
      (this.#seen.get(name)?.revision ?? 0) <= generation;
    const release = async (): Promise<void> => void (await this.#write(name, null, generation));
    return { name, generation, fence: { generation, isHeld }, release };
  }

  onChange(listener: (names: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #write(
    name: string,
    holder: ClaimRecord['holder'],
    revision: number | undefined,
  ): Promise<number | undefined> {
    const value = new TextEncoder().encode(JSON.stringify({ format: 'witan-claim/1', holder }));
    const { kv } = this.#parts;
    try {
      const written = await (revision === undefined
        ? kv.create(claimKey(name), value)
        : kv.update(claimKey(name), value, revision));
      this.#see(name, { key: claimKey(name), value, revision: written });
      return written;
    } catch (error) {
      if (toWitanError(error).code === 'unavailable') throw error;
      return undefined;
    }
  }

  async #follow(name: string): Promise<void> {
    const signal = new AbortController().signal;
    for await (const { key, value, revision } of this.#parts.kv.watch(claimKey(name), signal))
      if (value) this.#see(name, { key, value, revision });
  }

  #see(name: string, entry: KvEntry): void {
    if (entry.revision <= (this.#seen.get(name)?.revision ?? 0)) return;
    this.#seen.set(name, entry);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#names);
  }

  #isHeld(): boolean {
    return this.#parts.gate.clock.monotonicMs() < this.#heldUntilMs;
  }

  #renew(): void {
    const { gate, kv, leases, node } = this.#parts;
    gate.clock.setTimer(BEAT_MS, () => this.#renew());
    const sentMs = gate.clock.monotonicMs();
    const run = `${node} ${this.#incarnation}`;
    // A read of the store stands for the renewal: it fails when the store is out of reach.
    void kv.keys('members.').then(
      () => {
        if (leases.renew(run)) this.#heldUntilMs = Math.max(this.#heldUntilMs, sentMs + LEASE_MS * MARGIN);
        else if (run === `${node} ${this.#incarnation}`) this.#again();
      },
      () => undefined,
    );
  }

  /** The run is over for the others: it comes back as a new one. */
  #again(): void {
    this.#runs += 1;
    this.#heldUntilMs = -Infinity;
    this.#incarnation = `${this.#incarnation.slice(0, 12)}${this.#runs.toString(16).padStart(4, '0')}`;
  }
}
