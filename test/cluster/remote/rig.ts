/** Several nodes in one process, joined by a memory bus with faults, on virtual time. */
import type { Member, Members } from '../../../cluster/membership/members.ts';
import type { RemotingLimits } from '../../../cluster/remote/limits.ts';
import { startRemoting } from '../../../cluster/remote/start-remoting.ts';
import type { NodeRemoting } from '../../../cluster/remote/start-remoting.ts';
import { CLUSTER_PROTOCOL } from '../../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../../contracts/messages/cluster/member.ts';
import { Simulation, start } from '../../../runtime/kernel/index.ts';
import type { ActorSystem } from '../../../runtime/kernel/index.ts';
import { MemoryBus } from '../../../runtime/store/memory/memory-bus.ts';
import { FaultBus } from './fault-bus.ts';

interface Versions {
  readonly min: number;
  readonly max: number;
}

/** What all nodes of a rig know of each other; changes reach all at once. */
export class World {
  private readonly members = new Map<string, Member>();
  private readonly listeners = new Set<() => void>();
  private readonly goneListeners = new Set<(node: string, incarnation: string) => void>();

  view(node: string, incarnation: string): Members {
    return {
      self: { node, incarnation },
      list: () => [...this.members.values()],
      get: (name) => [...this.members.values()].filter(({ record }) => record.node === name).at(-1),
      isLiving: (name, run) => this.members.has(`${name}.${run}`),
      onChange: (listener) => added(this.listeners, listener),
      onGone: (listener) => added(this.goneListeners, listener),
    };
  }

  join(node: string, incarnation: string, protocol: Versions = CLUSTER_PROTOCOL): void {
    const record = { node, incarnation, state: 'up', protocol } as MemberRecord;
    this.members.set(`${node}.${incarnation}`, { record, revision: 1, condition: 'well' });
    for (const listener of this.listeners) listener();
  }

  condition(node: string, incarnation: string, condition: Member['condition']): void {
    const key = `${node}.${incarnation}`;
    this.members.set(key, { ...this.members.get(key)!, condition });
    for (const listener of this.listeners) listener();
  }

  gone(node: string, incarnation: string): void {
    this.members.delete(`${node}.${incarnation}`);
    for (const listener of this.goneListeners) listener(node, incarnation);
    for (const listener of this.listeners) listener();
  }
}

function added<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => void set.delete(item);
}

/** One node of a rig. */
export interface RigNode {
  readonly system: ActorSystem;
  readonly remoting: NodeRemoting;
  readonly bus: FaultBus;
  readonly incarnation: string;
}

/** Settings of one node. */
export interface NodeOptions {
  readonly versions?: Versions;
  readonly limits?: Partial<RemotingLimits>;
  readonly incarnation?: string;
}

/** Nodes on one bus and one clock. */
export class Rig {
  readonly sim: Simulation;
  readonly world = new World();
  readonly bus: MemoryBus;
  private runs = 0;

  constructor(seed = 1) {
    this.sim = new Simulation(seed);
    this.bus = new MemoryBus({ clock: this.sim.clock });
  }

  /** Starts a node; its run is known to all when this resolves. */
  async node(name: string, options: NodeOptions = {}): Promise<RigNode> {
    const { clock, scheduler, random } = this.sim;
    const incarnation = options.incarnation ?? String((this.runs += 1)).padStart(16, '0');
    const system = start({ node: name, clock, scheduler, random: random.fork() });
    const bus = new FaultBus(this.bus, clock);
    this.world.join(name, incarnation, options.versions);
    const members = this.world.view(name, incarnation);
    const remoting = await startRemoting({ system, bus, members, cluster: 'test', ...options });
    return { system, remoting, bus, incarnation };
  }

  /** Lets everything happen that can happen at this time. */
  async settle(): Promise<void> {
    await this.sim.advance(0);
  }
}
