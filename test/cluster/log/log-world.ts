/** Nodes of one replicated log on simulated time, disks, network and store, and everything that may go wrong. */
import { setImmediate } from 'node:timers/promises';
import { LEDGER_CLAIM } from '../../../cluster/log/log-keeper.ts';
import type { LogPlants, LogTimes } from '../../../cluster/log/log-settings.ts';
import type { Admit } from '../../../cluster/log/writer/log-writer.ts';
import {
  openDistantLog,
  openReplicatedLog,
  type ReplicatedLog,
} from '../../../cluster/log/open-replicated-log.ts';
import type { WitanError } from '../../../contracts/errors.ts';
import type { Claims } from '../../../cluster/claims/claims.ts';
import type { KeysPort } from '../../../runtime/kernel/ports/keys.ts';
import { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { MemoryKv } from '../../../runtime/store/memory/memory-kv.ts';
import { MemoryDisk } from '../../../runtime/store/segment/memory-disk.ts';
import {
  openSegmentReplica,
  type SegmentReplica,
} from '../../../runtime/store/segment/replica/segment-replica.ts';
import { FakeClaims, FakeLeases } from './fake-leases.ts';
import { RealClaims } from './real-claims.ts';
import { FaultNet } from './fault-bus.ts';
import { FaultStore } from './fault-kv.ts';
import { HostGate } from './host-gate.ts';

/** Name of the log in checkpoints. */
export const LOG_ID = 'witan.example/cluster';

/** One run of a node. */
export interface LogNode {
  readonly name: string;
  readonly gate: HostGate;
  readonly disk: MemoryDisk;
  readonly replica: SegmentReplica;
  readonly log: ReplicatedLog;
  readonly claims: () => Claims;
}

/** A head that somebody signed. */
export interface SignedHead {
  readonly node: string;
  readonly size: number;
  readonly root: string;
}

/** Settings of a {@link LogWorld}. */
export interface LogWorldOptions {
  readonly seed?: number;
  readonly nodes?: readonly string[];
  readonly plants?: LogPlants;
  readonly times?: Partial<LogTimes>;
  /** Leases and claims of the cluster itself, instead of those in a few lines. */
  readonly isReal?: boolean;
  /** Bytes of a segment (default 65,536). */
  readonly segmentBytes?: number;
  /** Most that a sync takes, ms (default 1). */
  readonly syncMs?: number;
  readonly admit?: Admit;
  readonly minInSync?: number;
}

/** See the head of the file. */
export class LogWorld {
  readonly clock = new SimClock({ report: (error) => this.errors.push(error) });
  readonly random: SeededRandom;
  readonly net: FaultNet;
  readonly kv = new MemoryKv();
  readonly store: FaultStore;
  readonly leases: FakeLeases;
  readonly names: readonly string[];
  /** Nodes that run now. */
  readonly nodes = new Map<string, LogNode>();
  readonly disks = new Map<string, MemoryDisk>();
  readonly faults: WitanError[] = [];
  readonly errors: unknown[] = [];
  readonly signed: SignedHead[] = [];
  readonly promoted: { node: string; generation: number; atMs: number }[] = [];
  readonly #options: LogWorldOptions;
  #runs = 0;

  constructor(options: LogWorldOptions = {}) {
    const { seed = 1, nodes = ['a', 'b', 'c'] } = options;
    this.#options = options;
    this.random = new SeededRandom(seed);
    this.net = new FaultNet(this.clock, this.random.fork());
    this.store = new FaultStore(this.kv, this.clock, this.random.fork());
    this.leases = new FakeLeases(this.clock);
    this.names = nodes;
    for (const name of nodes) this.disks.set(name, new MemoryDisk());
  }

  /** Opens the log on a node without a copy of it. */
  distant(node: string): Promise<ReplicatedLog> {
    const gate = new HostGate(this.clock);
    const { net, store, random } = this;
    const ways = { bus: net.port(node, gate), kv: store.port(node, gate), clock: gate.clock };
    const names = { node, cluster: 'test', log: 'main', logId: LOG_ID };
    return openDistantLog({ ...ways, ...names, random: random.fork() });
  }

  /** Starts a node on the disk that it has. */
  async start(name: string): Promise<LogNode> {
    const gate = new HostGate(this.clock);
    const disk = this.disks.get(name)!;
    const run = (this.#runs += 1);
    const { random, clock, leases, net, store } = this;
    disk.fault = ({ kind }) => this.#disk(gate, kind === 'datasync');
    const replica = await openSegmentReplica({
      folder: '/log',
      logId: LOG_ID,
      clock: gate.clock,
      keys: this.#watched(name, new MemoryKeys({ clock, seed: name })),
      segmentBytes: this.#options.segmentBytes ?? 65_536,
      fs: disk,
      newCopyId: () => `${random.uint32().toString(16).padStart(8, '0')}${run.toString(16).padStart(8, '0')}`,
    });
    const kv = store.port(name, gate);
    const real = this.#options.isReal
      ? new RealClaims({ node: name, gate, kv, random: random.fork() })
      : undefined;
    const fake = real ? undefined : new FakeClaims({ node: name, gate, kv, leases }, run, [LEDGER_CLAIM]);
    const claims = (): Claims => real?.claims ?? fake!;
    const { plants, times, admit, minInSync } = this.#options;
    const log = await openReplicatedLog({
      replica,
      claims,
      peers: () => real?.living() ?? leases.living(),
      bus: net.port(name, gate),
      kv,
      clock: gate.clock,
      random: random.fork(),
      cluster: 'test',
      log: 'main',
      node: name,
      plants,
      times,
      admit,
      minInSync,
      introduce: () => ({ node: name }),
      notes: {
        onPromoted: (generation) => this.promoted.push({ node: name, generation, atMs: clock.monotonicMs() }),
        onFault: (error) => this.faults.push(error),
      },
    });
    const node = { name, gate, disk, replica, log, claims };
    this.nodes.set(name, node);
    return node;
  }

  /** Starts all nodes. */
  async startAll(): Promise<void> {
    for (const name of this.names) await this.start(name);
  }

  /** Power cut: of what was not synced, sectors stay or go by chance. */
  crash(name: string): void {
    const node = this.nodes.get(name);
    if (!node) return;
    node.gate.kill();
    this.nodes.delete(name);
    this.disks.set(
      name,
      node.disk.crash(() => this.random.next() < 0.5),
    );
  }

  /** Node that takes appends, as far as it says itself. */
  writer(): LogNode | undefined {
    return [...this.nodes.values()].find(({ log, gate }) => gate.isUp && log.writing() !== undefined);
  }

  /** Lets time pass, timer by timer. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + ms;
    await setImmediate();
    while ((this.clock.nextDueMs() ?? Infinity) <= untilMs) {
      this.clock.fireNext();
      await setImmediate();
    }
    this.clock.advanceTo(untilMs);
  }

  /** Lets time pass until `holds`; gives the time that it took, ms. */
  async until(holds: () => boolean, limitMs: number, what: string): Promise<number> {
    const fromMs = this.clock.monotonicMs();
    while (!holds()) {
      if (this.clock.monotonicMs() - fromMs > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
      await this.pass(10);
    }
    return this.clock.monotonicMs() - fromMs;
  }

  /** Lets time pass until a promise settles. */
  async settled<T>(work: Promise<T>, limitMs = 60_000): Promise<T> {
    let isSettled = false;
    const note = (): void => void (isSettled = true);
    work.then(note, note);
    await this.until(() => isSettled, limitMs, 'a promise');
    return work;
  }

  /** A sync takes time, in which the power may go. */
  #disk(gate: HostGate, isSync: boolean): Promise<undefined> | undefined {
    if (!isSync) return gate.isUp ? undefined : gate.pass().then(() => undefined);
    const syncMs = this.random.next() * (this.#options.syncMs ?? 1);
    return new Promise((resolve) => gate.clock.setTimer(syncMs, () => resolve(undefined)));
  }

  /** Keys that tell of each head that is signed. */
  #watched(node: string, keys: MemoryKeys): KeysPort {
    const { signed } = this;
    return new Proxy<KeysPort>(keys, {
      get(target, name) {
        if (name === 'sign') {
          return (keyId: string, message: Uint8Array): Uint8Array => {
            const [logId, size, root] = new TextDecoder().decode(message).split('\n');
            if (logId === LOG_ID)
              signed.push({ node, size: Number(size), root: Buffer.from(root!, 'base64').toString('hex') });
            return target.sign(keyId, message);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }
}
