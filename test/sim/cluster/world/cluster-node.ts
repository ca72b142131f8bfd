/** One process of a simulated cluster: its copy of the log or its way to it, and its runs one by one. */
import type { ReplicatedLog } from '../../../../cluster/log/open-replicated-log.ts';
import { openDistantLog, openReplicatedLog } from '../../../../cluster/log/open-replicated-log.ts';
import { FollowedCluster } from '../../../../runtime/host/cluster/followed.ts';
import { start } from '../../../../runtime/kernel/index.ts';
import type { ActorSystem } from '../../../../runtime/kernel/index.ts';
import type { JournalPort } from '../../../../runtime/kernel/ports/journal.ts';
import type { KvPort } from '../../../../runtime/kernel/ports/kv.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import { nullTelemetry } from '../../../../runtime/telemetry/null-telemetry.ts';
import {
  openSegmentReplica,
  type SegmentReplica,
} from '../../../../runtime/store/segment/replica/segment-replica.ts';
import { Backoff } from '../../../../supervisors/backoff.ts';
import { NodeClock } from '../../../cluster/leases/node-clock.ts';
import { Machine } from './machine.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { NodeRun } from './node-run.ts';
import type { SimBus } from './sim-broker.ts';
import { simJournal } from './sim-journal.ts';

/** Name of the cluster, and of its log in checkpoints. */
export const CLUSTER = 'sim';
export const LOG_ID = 'witan.example/sim';

const REJOIN = { firstMs: 200, maxMs: 5_000 };

/** Something that lives as long as one run of the node. */
export type RunPart = (run: NodeRun) => () => void | Promise<void>;

/** See the head of the file. */
export class ClusterNode {
  readonly world: ClusterWorld;
  readonly machine: Machine;
  readonly name: string;
  /** Number of the process among all. */
  readonly process: number;
  readonly clock: NodeClock;
  readonly system: ActorSystem;
  readonly bus: SimBus;
  readonly kv: KvPort;
  readonly journal: JournalPort;
  readonly followed: FollowedCluster;
  readonly random;
  /** Undefined between two runs. */
  run: NodeRun | undefined;
  /** Runs of this process so far, the present one included. */
  readonly runs: NodeRun[] = [];
  replica: SegmentReplica | undefined;
  log!: ReplicatedLog;
  /** What others see. */
  state: 'joining' | 'up' | 'draining' = 'joining';
  /** Its log is open and its work has begun. */
  isOpen = false;
  isStopping = false;
  /** Entries that this process has acknowledged or given out: kept for counting alone. */
  deadLetterCount = 0;
  readonly #parts: RunPart[] = [];
  #leave: (() => void | Promise<void>)[] = [];
  readonly #backoff: Backoff;

  constructor(world: ClusterWorld, machine: Machine, process: number) {
    this.world = world;
    this.machine = machine;
    this.name = machine.name;
    this.process = process;
    this.random = world.random.fork();
    this.clock = new NodeClock(world.sim.clock, machine.rate, this.random.next() * 1e6);
    this.clock.wallOffsetMs = machine.wallOffsetMs;
    this.system = start({
      name: 'sim',
      node: this.name,
      clock: this.clock,
      scheduler: world.sim.scheduler,
      random: this.random.fork(),
      telemetry: {
        ...nullTelemetry,
        log: (level, path, message, fields) => {
          if (level === 'error')
            world.record.trace.note('error', this.name, path, message, fields?.['error'] as string);
        },
        count: (name, value) => {
          if (name === 'actor_dead_letters') this.deadLetterCount += value;
        },
      },
    });
    this.bus = world.broker.port(this.name, this.clock);
    const plain = world.store.port(this.clock);
    this.kv = world.plant?.wrapKv?.(plain) ?? plain;
    const journal = world.plant?.wrapJournal?.(world.journal) ?? world.journal;
    this.journal = simJournal(world.store, this.clock, journal);
    this.followed = new FollowedCluster(this.name);
    this.#backoff = new Backoff(this.random.fork(), REJOIN);
  }

  get ledger(): LedgerPort {
    return this.log.ledger;
  }

  get isAlive(): boolean {
    return !this.clock.isDead;
  }

  /** Alive, not stopped, and a member whose lease is held. */
  get isServing(): boolean {
    return this.isAlive && !this.clock.isPaused && this.run?.lease.lease.isHeld() === true;
  }

  /** Opens the log and joins. @throws storage_failed, unavailable */
  async open(): Promise<void> {
    const { world, machine, bus, kv, clock, random } = this;
    const access = {
      bus,
      kv,
      clock,
      random: random.fork(),
      cluster: CLUSTER,
      log: 'main',
      node: this.name,
      notes: {
        onPromoted: (generation: number) => world.promoted(this, generation),
        onFault: (error: Error & { code: string }) => world.logFault(this, error),
      },
    };
    this.#join();
    if (!machine.roles.includes('ledger')) {
      this.log = await openDistantLog({ ...access, logId: LOG_ID });
      return;
    }
    this.replica = await openSegmentReplica({
      folder: '/log',
      logId: LOG_ID,
      clock,
      keys: world.watchedKeys(machine),
      segmentBytes: 65_536,
      fs: machine.mount(clock, random.fork()),
      newCopyId: () => hex(random.uint32()) + hex(this.process),
    });
    this.log = await openReplicatedLog({
      ...access,
      replica: this.replica,
      claims: () => this.followed.claims,
      peers: () => this.#ledgerNodes(),
      plants: world.plant?.log,
    });
  }

  /** Calls `begin` for this and each later run; what it gives is called when that one is over. */
  eachRun(begin: RunPart): void {
    this.#parts.push(begin);
    if (this.run?.remoting) this.#leave.push(begin(this.run));
  }

  /** What others see from now on. */
  announce(state: 'up' | 'draining'): void {
    this.state = state;
    if (this.run) this.run.lease.state = state;
  }

  /** Kill -9, or the power of its machine. */
  kill(): void {
    this.clock.kill();
    this.bus.drop();
  }

  /** Leaves as a node does that stops in order: what it owns was handed over before. */
  async close(): Promise<void> {
    this.isStopping = true;
    await this.#end();
    const { run } = this;
    this.run = undefined;
    await run?.leave();
    await this.log.close();
    await this.bus.close();
  }

  #join(): void {
    const run = new NodeRun(this, () => this.#over(run));
    this.run = run;
    this.runs.push(run);
    run.lease.state = this.state;
    this.followed.follow(run.lease);
    void run.open().then(() => {
      if (this.run === run) this.#leave = this.#parts.map((begin) => begin(run));
    });
  }

  /** The lease is over: what it covered ends, and the node comes back as another run. */
  #over(run: NodeRun): void {
    if (this.run !== run || this.isStopping) return;
    this.world.lost(this, run);
    void this.#rejoin(run);
  }

  async #rejoin(over: NodeRun): Promise<void> {
    this.run = undefined;
    const ended = this.#end();
    await over.end();
    await ended;
    const pauseMs = this.#backoff.next(this.clock.monotonicMs());
    await new Promise<void>((resolve) => void this.clock.setTimer(pauseMs, resolve));
    if (!this.isStopping) this.#join();
  }

  async #end(): Promise<void> {
    const left = this.#leave.splice(0).map((leave) => leave());
    this.followed.follow(undefined);
    await Promise.all(left);
  }

  #ledgerNodes(): string[] {
    const members = this.followed.members.list();
    const isLedger = members.filter(({ record }) => record.roles.includes('ledger'));
    return [...new Set(isLedger.map(({ record }) => record.node))];
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
