/** Several nodes of one cluster in one process, on simulated time. */
import { CellLease } from '../../../cluster/membership/cell-lease.ts';
import { FailureDetector } from '../../../cluster/membership/failure-detector.ts';
import { Heartbeat } from '../../../cluster/membership/heartbeat.ts';
import type { HeartbeatInput } from '../../../cluster/membership/heartbeat.ts';
import { LeaseCell } from '../../../cluster/membership/lease-cell.ts';
import { newIncarnation } from '../../../cluster/membership/member-key.ts';
import { Membership } from '../../../cluster/membership/membership.ts';
import type { NodeLease } from '../../../cluster/membership/node-lease.ts';
import { KvClaims } from '../../../cluster/claims/kv-claims.ts';
import type { KvClaimsOptions } from '../../../cluster/claims/kv-claims.ts';
import type { Fence } from '../../../runtime/kernel/actor.ts';
import { Simulation, start } from '../../../runtime/kernel/index.ts';
import type { ActorSystem, SeededRandom } from '../../../runtime/kernel/index.ts';
import type { KvPort } from '../../../runtime/kernel/ports/kv.ts';
import { FaultStore } from './fault-store.ts';
import type { StoreFaults } from './fault-store.ts';
import { NodeClock } from './node-clock.ts';

/** Times of the simulated clusters: those of the defaults. */
export const TIMES = { beatMs: 500, leaseMs: 2_000, hungMs: 10_000 };

/** What may be taken out of a node, to show that it is needed. */
export interface Weakening {
  readonly marginShare?: number;
  readonly makeDetector?: () => FailureDetector;
  readonly makeFence?: KvClaimsOptions['makeFence'];
  readonly wrapLease?: (lease: NodeLease) => NodeLease;
  readonly wrapKv?: (kv: KvPort) => KvPort;
  readonly wrapMembers?: (members: Membership) => KvClaimsOptions['members'];
}

/** Settings of one node. */
export interface NodeSettings extends Weakening {
  readonly rate?: number;
  readonly roles?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Process that this is one run of; default: one of its own. */
  readonly process?: { readonly clock: NodeClock; readonly system: ActorSystem };
}

/** What a run takes of its world. */
export type LeaseSurroundings = Pick<LeaseWorld, 'sim' | 'random' | 'store'>;

/** One run of a node: everything that is between the store and the claims. */
export class LeaseNode {
  readonly name: string;
  readonly incarnation: string;
  readonly clock: NodeClock;
  readonly heartbeat: Heartbeat;
  readonly lease: NodeLease;
  readonly members: Membership;
  readonly claims: KvClaims;
  readonly system: ActorSystem;
  state: HeartbeatInput['state'] = 'up';
  /** A main loop that hangs tells its heartbeat nothing. */
  isMainHung = false;
  #isEnded = false;
  readonly #store: FaultStore;

  constructor(world: LeaseSurroundings, name: string, settings: NodeSettings = {}) {
    const random = world.random.fork();
    this.name = name;
    this.incarnation = newIncarnation(random);
    this.#store = world.store;
    this.clock =
      settings.process?.clock ?? new NodeClock(world.sim.clock, settings.rate, random.next() * 1e6);
    this.system =
      settings.process?.system ??
      start({
        name: 'lease-node',
        node: name,
        clock: this.clock,
        scheduler: world.sim.scheduler,
        random: random.fork(),
      });
    const plainKv = world.store.port(this.clock);
    const kv = settings.wrapKv?.(plainKv) ?? plainKv;
    const { clock, incarnation } = this;
    const cell = new LeaseCell();
    const own = new CellLease({ node: name, incarnation, cell, clock });
    this.members = new Membership({
      kv,
      clock,
      random: random.fork(),
      self: { node: name, incarnation },
      times: TIMES,
      detector: settings.makeDetector?.() ?? new FailureDetector(TIMES),
    });
    const identity = { version: '1', roles: [...(settings.roles ?? [])], labels: { ...settings.labels } };
    this.heartbeat = new Heartbeat({
      kv,
      clock,
      cell,
      identity: { node: name, incarnation, protocol: { min: 1, max: 1 }, ...identity },
      times: { ...TIMES, ...(settings.marginShare !== undefined && { marginShare: settings.marginShare }) },
      onOutput: (output) => {
        own.note(output);
        this.members.noteHeartbeat(output);
      },
    });
    this.lease = settings.wrapLease?.(own) ?? own;
    this.claims = new KvClaims({
      kv,
      clock,
      random: random.fork(),
      lease: this.lease,
      members: settings.wrapMembers?.(this.members) ?? this.members,
      ...(settings.makeFence && { makeFence: settings.makeFence }),
    });
    this.members.start();
    this.claims.start();
    this.heartbeat.start();
    this.#feed();
  }

  get isAlive(): boolean {
    return !this.clock.isDead;
  }

  /** Kill -9. */
  crash(): void {
    this.clock.kill();
    this.end();
  }

  /** Ends this run alone: its process goes on. */
  end(): void {
    this.#isEnded = true;
    this.members.stop();
    this.claims.stop();
  }

  /** Cuts it off from the store, or joins it again. */
  cut(isCut: boolean): void {
    if (isCut) this.#store.cut.add(this.clock);
    else this.#store.cut.delete(this.clock);
  }

  /** Leaves as a node does that stops in order. */
  async leave(): Promise<void> {
    await this.heartbeat.stop();
    this.crash();
  }

  #feed(): void {
    if (this.#isEnded) return;
    this.clock.setTimer(250, () => this.#feed());
    if (!this.isMainHung) this.heartbeat.update({ state: this.state, load: 0, lagMs: 0 });
  }
}

/** Cluster, store and time of one run. */
export class LeaseWorld {
  readonly sim: Simulation;
  readonly random: SeededRandom;
  readonly store: FaultStore;
  readonly nodes: LeaseNode[] = [];
  /** Highest generation seen for each claim, by whoever took it. */
  readonly #generations = new Map<string, number>();

  constructor(seed: number, faults?: StoreFaults) {
    this.sim = new Simulation(seed);
    this.random = this.sim.random.fork();
    this.store = new FaultStore(this.sim.clock, this.random.fork(), faults);
  }

  get nowMs(): number {
    return this.sim.clock.monotonicMs();
  }

  add(name: string, settings?: NodeSettings): LeaseNode {
    const node = new LeaseNode(this, name, settings);
    this.nodes.push(node);
    return node;
  }

  /** Nodes of the default names, with clocks up to `drift` fast or slow. */
  addMany(count: number, settings: NodeSettings = {}, drift = 0): LeaseNode[] {
    const rate = (): number => 1 + drift * (2 * this.random.next() - 1);
    return Array.from({ length: count }, (_, at) =>
      this.add(at < 26 ? String.fromCharCode(97 + at) : `z${at}`, { rate: rate(), ...settings }),
    );
  }

  /** Lets `ms` pass; `check` runs after every event. */
  async advance(ms: number, check?: () => void): Promise<void> {
    const untilMs = this.nowMs + ms;
    await this.sim.runUntilIdle();
    check?.();
    while ((this.sim.clock.nextDueMs() ?? Infinity) <= untilMs) {
      this.sim.clock.fireNext();
      await this.sim.runUntilIdle();
      check?.();
    }
    this.sim.clock.advanceTo(untilMs);
  }

  /** Lets time pass until `isDone`, and gives how much did. */
  async until(isDone: () => boolean, limitMs: number, check?: () => void): Promise<number> {
    const fromMs = this.nowMs;
    while (!isDone()) {
      if (this.nowMs - fromMs > limitMs) throw new Error(`seed ${this.sim.seed}: not within ${limitMs} ms`);
      await this.advance(10, check);
    }
    return this.nowMs - fromMs;
  }

  /** Notes a claim that was taken: whoever may act under it has a higher generation than all before. */
  noteTaken(claim: string, fence: Fence): void {
    const before = this.#generations.get(claim) ?? 0;
    if (fence.isHeld() && fence.generation <= before) {
      throw new Error(`seed ${this.sim.seed}: ${claim} taken as ${fence.generation} after ${before}`);
    }
    this.#generations.set(claim, Math.max(before, fence.generation));
  }
}

/** Fences of one claim, each with the node that has it; a dead node's hold nothing. */
export class FenceBook {
  readonly #byClaim = new Map<string, { node: LeaseNode; fence: Fence }[]>();
  readonly #seed: number;
  #failure: unknown;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(claim: string, node: LeaseNode, fence: Fence): void {
    const fences = (this.#byClaim.get(claim) ?? []).filter((one) => one.node.isAlive);
    this.#byClaim.set(claim, [...fences.slice(-7), { node, fence }]);
  }

  holders(claim: string): LeaseNode[] {
    const fences = this.#byClaim.get(claim) ?? [];
    const held = fences.filter(({ node, fence }) => node.isAlive && fence.isHeld());
    return [...new Set(held.map(({ node }) => node))];
  }

  /** Something that a node found in a callback; the next check throws it. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** Throws where two nodes hold one claim at this moment. */
  assertOne(): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const claim of this.#byClaim.keys()) {
      const holders = this.holders(claim);
      if (holders.length > 1) {
        const names = holders.map(({ name, incarnation }) => `${name}.${incarnation}`).join(' and ');
        throw new TwoHolders(`seed ${this.#seed}: ${claim} is held by ${names} at once`);
      }
    }
  }
}

/** The one thing that must never happen. */
export class TwoHolders extends Error {}
