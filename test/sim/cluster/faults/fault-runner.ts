/** Lets the planned faults happen, and takes them back. */
import { LogCell } from '../../../../contracts/messages/cluster/log-cell.ts';
import { ROUGH } from '../../../cluster/leases/fault-store.ts';
import type { ClusterNode } from '../world/cluster-node.ts';
import type { ClusterWorld } from '../world/cluster-world.ts';
import { GOOD_LINKS } from '../world/sim-broker.ts';
import type { ClusterScenario, PlannedClusterFault } from './plan-cluster.ts';

/** What the faults need to know of those who work. */
export interface FaultTargets {
  /** Hands over what a node owns. */
  readonly drain: (node: ClusterNode) => Promise<void>;
}

/** Faults of one run. */
export class ClusterFaults {
  readonly #world: ClusterWorld;
  readonly #targets: FaultTargets;
  readonly #scenario: ClusterScenario;
  /** What takes back what is still on. */
  readonly #open = new Set<() => void>();

  constructor(world: ClusterWorld, scenario: ClusterScenario, targets: FaultTargets) {
    this.#world = world;
    this.#scenario = scenario;
    this.#targets = targets;
  }

  /** Plans them from now on. */
  start(): void {
    for (const fault of this.#scenario.faults)
      this.#world.sim.clock.setTimer(fault.atMs, () => void this.#happen(fault));
  }

  /** Takes everything back at once. */
  heal(): void {
    for (const undo of [...this.#open]) undo();
    this.#world.broker.heal();
    this.#world.setStore({});
    this.#world.store.isAway = false;
  }

  /** Takes it back later, or when everything is healed. */
  #later(forMs: number, undo: () => void): void {
    const { trace } = this.#world.record;
    const once = (): void => {
      if (!this.#open.delete(once)) return;
      trace.note('over');
      undo();
    };
    this.#open.add(once);
    this.#world.sim.clock.setTimer(forMs, once);
  }

  async #happen({ kind, forMs, choice }: PlannedClusterFault): Promise<void> {
    const { world } = this;
    const name = this.#pick(choice);
    const node = world.nodes.get(name);
    if (!node) return;
    switch (kind) {
      case 'process-killed':
      case 'power-cut':
        world.record.fault(kind, name, forMs);
        return this.#kill(name, { withPower: kind === 'power-cut', forMs });
      case 'disk-lost':
        return this.#loseDisk(name, forMs);
      case 'process-stopped':
        return this.#stop(node, forMs);
      case 'main-loop-hangs':
        return this.#hang(node, forMs);
      case 'wall-step':
        return this.#stepWall(node, choice);
      case 'node-leaves':
        return this.#leave(node, forMs);
      case 'node-joins':
        return this.#joinWorker();
      case 'store-cut':
      case 'store-deaf':
      case 'store-mute':
        return this.#cutStore(node, kind, forMs);
      case 'servers-away':
      case 'rough-store':
      case 'bad-links':
        return this.#weather(kind, forMs);
      default:
        return this.#cutBroker(node, { kind, forMs, choice });
    }
  }

  get world(): ClusterWorld {
    return this.#world;
  }

  #pick(choice: number): string {
    const names = [...this.#world.machines.keys()];
    return names[choice % names.length]!;
  }

  #kill(name: string, { withPower, forMs }: { withPower: boolean; forMs: number }): void {
    this.#world.kill(name, withPower);
    this.#later(forMs, () => void this.#world.start(name));
  }

  /** A disk is lost while that of another member of the set is whole. */
  async #loseDisk(name: string, forMs: number): Promise<void> {
    const { world } = this;
    const entry = await world.store.inner.get('logs.main');
    if (!entry || !world.nodes.has(name) || !world.machines.get(name)!.roles.includes('ledger')) return;
    const { inSync } = LogCell.parse(JSON.parse(new TextDecoder().decode(entry.value)));
    const isWhole = (one: { node: string; copy: string }): boolean =>
      one.node !== name && world.machines.get(one.node)?.copyId() === one.copy;
    if (!inSync.some(isWhole)) return;
    world.record.fault('disk-lost', name, forMs);
    // What it has sent to the store and has not arrived, could put all others out of the set now.
    world.store.cut.add(world.nodes.get(name)!.clock);
    world.kill(name, true);
    world.machines.get(name)!.replaceDisk();
    this.#later(forMs, () => void world.start(name));
  }

  #stop(node: ClusterNode, forMs: number): void {
    if (node.clock.isPaused) return;
    this.#world.record.fault('process-stopped', node.name, forMs);
    this.#world.excuse(node.name, forMs);
    node.clock.pause();
    this.#later(forMs, () => node.clock.resume());
  }

  #hang(node: ClusterNode, forMs: number): void {
    const { run } = node;
    if (!run) return;
    this.#world.record.fault('main-loop-hangs', node.name, forMs);
    this.#world.excuse(node.name, forMs);
    run.lease.isMainHung = true;
    this.#later(forMs, () => (run.lease.isMainHung = false));
  }

  #stepWall(node: ClusterNode, choice: number): void {
    const stepMs = (choice % 7_200_000) - 3_600_000;
    this.#world.record.fault('wall-step', node.name, stepMs);
    node.machine.wallOffsetMs += stepMs;
    node.clock.wallOffsetMs = node.machine.wallOffsetMs;
  }

  /** Leaves in order, and comes back. */
  async #leave(node: ClusterNode, forMs: number): Promise<void> {
    const { world } = this;
    if (node.state !== 'up' || node.isStopping || node.clock.isPaused) return;
    world.record.fault('node-leaves', node.name, forMs);
    node.announce('draining');
    world.excuse(node.name, forMs);
    await Promise.race([this.#targets.drain(node), this.#passed(6_000)]);
    if (world.nodes.get(node.name) !== node) return;
    world.record.trace.note('drained', node.name);
    await Promise.race([node.close(), this.#passed(3_000)]);
    if (world.nodes.get(node.name) !== node) return;
    world.kill(node.name, false);
    this.#later(forMs, () => void world.start(node.name));
  }

  #joinWorker(): void {
    const { world } = this;
    if (world.machines.has('e')) return;
    world.record.fault('node-joins', 'e');
    world.addMachine('e', ['worker']);
    void world.start('e');
  }

  #cutStore(node: ClusterNode, kind: 'store-cut' | 'store-deaf' | 'store-mute', forMs: number): void {
    const { store, record } = this.#world;
    record.fault(kind, node.name, forMs);
    this.#world.excuse(node.name, forMs);
    const set = { 'store-cut': store.cut, 'store-deaf': store.deaf, 'store-mute': store.mute }[kind];
    set.add(node.clock);
    this.#later(forMs, () => set.delete(node.clock));
  }

  #weather(kind: 'servers-away' | 'rough-store' | 'bad-links', forMs: number): void {
    const { world } = this;
    world.record.fault(kind, forMs);
    if (kind === 'servers-away') {
      world.store.isAway = true;
      world.broker.isAway = true;
      this.#later(forMs, () => {
        world.store.isAway = false;
        world.broker.isAway = false;
      });
      return;
    }
    if (kind === 'rough-store') {
      world.excuseAll(forMs);
      world.setStore({ ...ROUGH, lateMs: 2_500 });
      return this.#later(forMs, () => world.setStore({}));
    }
    Object.assign(world.broker.troubles, { loss: 0.08, duplicate: 0.1, jitterMs: 30, reorder: true });
    this.#later(forMs, () => Object.assign(world.broker.troubles, GOOD_LINKS));
  }

  #cutBroker(node: ClusterNode, { kind, forMs, choice }: Omit<PlannedClusterFault, 'atMs'>): void {
    const { broker, record, machines } = this.#world;
    const { name } = node;
    const names = [...machines.keys()].filter((one) => one !== name);
    const other = names[(choice >>> 8) % names.length]!;
    record.fault(kind, name, other, forMs);
    if (kind === 'partition' || kind === 'half-partition') {
      const cuts = [broker.cut(name, other)];
      if (kind === 'partition') cuts.push(broker.cut(other, name));
      return this.#later(forMs, () => cuts.forEach((undo) => undo()));
    }
    const sets =
      kind === 'broker-mute'
        ? [broker.mute]
        : kind === 'broker-deaf'
          ? [broker.deaf]
          : [broker.mute, broker.deaf];
    for (const set of sets) set.add(name);
    this.#later(forMs, () => sets.forEach((set) => set.delete(name)));
  }

  #passed(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.sim.clock.setTimer(ms, resolve));
  }
}
