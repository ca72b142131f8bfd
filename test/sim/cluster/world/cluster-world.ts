/** A whole cluster in one process: machines, their processes, the broker, the store, and time. */
import { toWitanError } from '../../../../contracts/errors.ts';
import type { WitanError } from '../../../../contracts/errors.ts';
import { SimClock, Simulation } from '../../../../runtime/kernel/index.ts';
import type { SeededRandom } from '../../../../runtime/kernel/index.ts';
import type { KeysPort } from '../../../../runtime/kernel/ports/keys.ts';
import { MemoryKeys } from '../../../../runtime/store/keys/memory-keys.ts';
import { MemoryJournal } from '../../../../runtime/store/memory/memory-journal.ts';
import { CALM, FaultStore, type StoreFaults } from '../../../cluster/leases/fault-store.ts';
import { TIMES } from '../../../cluster/leases/lease-world.ts';
import type { ClusterPlant } from '../plants/cluster-plant.ts';
import { ClusterNode, LOG_ID } from './cluster-node.ts';
import { Machine } from './machine.ts';
import type { NodeRun } from './node-run.ts';
import { ClusterRecord } from './record.ts';
import { SimBroker } from './sim-broker.ts';

/** How a world differs from the plain one. */
export interface WorldOptions {
  readonly plant?: ClusterPlant | undefined;
  readonly keepTrace?: boolean | undefined;
}

/** Keys by machine, for all worlds of this process: making them takes longer than using them. */
const KEYS = new Map<string, MemoryKeys>();

/** Fences are compared at least this often, ms. */
const CHECK_EVERY_MS = 10;
const SLOW_RATE = 0.5;
/** How long the holder of a far too slow clock may go on beside its successor: until it hears of it. */
const SLOW_OVERLAP_MS = 60;
/** A process that could not open is started again after so long, ms. */
const RESTART_MS = 500;
const STORE: StoreFaults = { ...CALM, latencyMs: [0.4, 4], timeoutMs: 1_500 };
/** A disturbance explains the loss of a lease for so long after its end, ms. */
const EXCUSED_MS = 3 * TIMES.leaseMs;

/** See the head of the file. */
export class ClusterWorld {
  readonly seed: number;
  readonly sim: Simulation;
  readonly random: SeededRandom;
  readonly store: FaultStore;
  readonly broker: SimBroker;
  readonly journal: MemoryJournal;
  readonly record: ClusterRecord;
  readonly plant: ClusterPlant | undefined;
  readonly machines = new Map<string, Machine>();
  /** Processes that live, by node. */
  readonly nodes = new Map<string, ClusterNode>();
  /** All processes so far. */
  readonly processes: ClusterNode[] = [];
  /** Begins what runs on each process; set before the first starts. */
  furnish: (node: ClusterNode) => void = () => undefined;
  readonly #signed = new Map<number, { readonly root: string; readonly node: string }>();
  /** Nodes on which somebody laid hands, and until when that explains what happens to them. */
  readonly #excusedUntilMs = new Map<string, number>();
  #checkedMs = -Infinity;

  constructor(seed: number, { plant, keepTrace = false }: WorldOptions = {}) {
    this.seed = seed;
    this.plant = plant;
    this.sim = new Simulation(seed);
    this.random = this.sim.random.fork();
    this.record = new ClusterRecord(() => this.nowMs, { seed, keepTrace });
    this.store = new FaultStore(this.sim.clock, this.random.fork(), STORE);
    this.broker = new SimBroker(this.sim.clock, this.random.fork());
    this.journal = new MemoryJournal(this.sim.clock);
  }

  get nowMs(): number {
    return this.sim.clock.monotonicMs();
  }

  /** A machine without a process. */
  addMachine(name: string, roles: readonly string[], isSlow = false): Machine {
    const drawn = 0.95 + 0.1 * this.random.next();
    const rate = isSlow ? SLOW_RATE : drawn;
    if (isSlow) this.record.overlapMs = SLOW_OVERLAP_MS;
    const machine = new Machine({ name, roles, rate });
    this.machines.set(name, machine);
    return machine;
  }

  /** Starts a process on a machine; none when one runs there. */
  async start(name: string): Promise<ClusterNode | undefined> {
    if (this.nodes.has(name)) return undefined;
    const node = new ClusterNode(this, this.machines.get(name)!, this.processes.length + 1);
    this.nodes.set(name, node);
    this.processes.push(node);
    this.record.trace.note('start', name, node.process);
    try {
      await node.open();
      if (this.nodes.get(name) !== node) return undefined;
      this.furnish(node);
      node.isOpen = true;
    } catch (error) {
      if (toWitanError(error).code === 'unavailable' && this.nodes.get(name) === node) {
        this.kill(name, false);
        this.sim.clock.setTimer(RESTART_MS, () => void this.start(name));
        return undefined;
      }
      this.record.broken('comes-to-rest', `${name} does not open: ${String(error)}`);
    }
    return node;
  }

  /** The process on a machine is killed; with its power, what was not synced may be gone. */
  kill(name: string, withPower: boolean): void {
    const node = this.nodes.get(name);
    if (!node) return;
    this.excuse(name, 0);
    node.kill();
    this.nodes.delete(name);
    if (withPower) this.machines.get(name)!.cutPower(this.random);
    else this.machines.get(name)!.disk = this.machines.get(name)!.disk.copy();
  }

  /** From now until so long afterwards a node may lose its lease. */
  excuse(name: string, forMs: number): void {
    const untilMs = this.nowMs + forMs + EXCUSED_MS;
    this.#excusedUntilMs.set(name, Math.max(untilMs, this.#excusedUntilMs.get(name) ?? 0));
  }

  /** All nodes may. */
  excuseAll(forMs: number): void {
    for (const name of this.machines.keys()) this.excuse(name, forMs);
  }

  /** Changes how the store behaves. */
  setStore(faults: Partial<StoreFaults>): void {
    this.store.faults = { ...STORE, ...faults };
  }

  /** A node was told that its lease is over. */
  lost({ name }: ClusterNode, { incarnation }: NodeRun): void {
    this.record.count('leases lost');
    if ((this.#excusedUntilMs.get(name) ?? 0) >= this.nowMs) return;
    this.record.broken(
      'outage-ends-no-lease',
      `${name}.${incarnation} lost its lease for no reason of its own`,
    );
  }

  /** A node writes the log now. */
  promoted({ name }: ClusterNode, generation: number): void {
    this.record.count('promotions');
    this.record.trace.note('writes the log', name, generation);
  }

  /** The log found something wrong. */
  logFault({ name }: ClusterNode, { code, message }: Error & { code: string }): void {
    this.record.trace.note('log fault', name, code, message);
    if (code === 'verification_failed') this.record.broken('acknowledged-survives', `${name}: ${message}`);
  }

  /** Keys of a machine. */
  keys(machine: Machine): MemoryKeys {
    let keys = KEYS.get(machine.name);
    if (!keys) {
      keys = new MemoryKeys({ clock: new SimClock(), seed: machine.name });
      KEYS.set(machine.name, keys);
    }
    return keys;
  }

  /** Keys that tell of each head that is signed. */
  watchedKeys(machine: Machine): KeysPort {
    const head = (message: Uint8Array): void => {
      const [logId, size, root] = new TextDecoder().decode(message).split('\n');
      if (logId === LOG_ID) this.#head(machine.name, Number(size), root!);
    };
    return new Proxy<KeysPort>(this.keys(machine), {
      get(target, name) {
        if (name === 'sign') {
          return (keyId: string, message: Uint8Array): Uint8Array => {
            head(message);
            return target.sign(keyId, message);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** Heads that were signed, by size. */
  get signed(): ReadonlyMap<number, { readonly root: string; readonly node: string }> {
    return this.#signed;
  }

  #head(node: string, size: number, root: string): void {
    this.record.count('heads signed');
    const before = this.#signed.get(size);
    if (before !== undefined && before.root !== root) {
      this.record.broken('heads-agree', `${before.node} and ${node} signed two roots of size ${size}`);
    }
    this.#signed.set(size, { root, node });
  }

  /** Lets `ms` pass; stops at the first violation. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    const { sim } = this;
    await sim.runUntilIdle();
    while ((sim.clock.nextDueMs() ?? Infinity) <= untilMs && this.record.violations.length === 0) {
      sim.clock.fireNext();
      await sim.runUntilIdle();
      if (this.nowMs - this.#checkedMs >= CHECK_EVERY_MS) this.check();
    }
    sim.clock.advanceTo(untilMs);
  }

  /** Compares the fences of all who hold something. */
  check(): void {
    this.#checkedMs = this.nowMs;
    this.record.checkFences();
  }

  /** Lets time pass until it holds; false when it does not within the limit. */
  async until(holds: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.nowMs + limitMs;
    while (!holds()) {
      if (this.nowMs >= endMs || this.record.violations.length > 0) return false;
      await this.pass(20);
    }
    return true;
  }

  /** Lets time pass until a promise settles; undefined when it does not, or fails. */
  async settled<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
    let isSettled = false;
    const note = (): void => void (isSettled = true);
    work.then(note, note);
    await this.until(() => isSettled, limitMs);
    return isSettled ? work.catch((_error: WitanError) => undefined) : undefined;
  }
}
