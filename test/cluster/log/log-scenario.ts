/** A seeded life of a replicated log under faults, and what must hold of it whatever happened. */
import { setImmediate } from 'node:timers/promises';
import { toWitanError } from '../../../contracts/errors.ts';
import { LogCell } from '../../../contracts/messages/cluster/log-cell.ts';
import type { LogPlants } from '../../../cluster/log/log-settings.ts';
import type { LedgerEntryInput, LedgerReceipt } from '../../../runtime/kernel/ports/ledger.ts';
import type { SeededRandom } from '../../../runtime/kernel/sim/seeded-random.ts';
import { MemoryDisk } from '../../../runtime/store/segment/memory-disk.ts';
import { final, opened } from '../../conformance/ledger.ts';
import { LogWorld, type LogNode } from './log-world.ts';

/** What a scenario counted. */
export interface ScenarioCounts {
  acknowledged: number;
  unknown: number;
  refused: number;
  promotions: number;
  crashes: number;
  pauses: number;
  cuts: number;
  wipes: number;
  heads: number;
  truncations: number;
  caughtUp: number;
}

interface Acknowledged {
  readonly index: number;
  readonly leafHash: string;
}

const NODES = ['a', 'b', 'c'];
const FAULTS_MS = 8_000;
// Acknowledged entries that are looked for after a node has caught up, newest.
const READ_BACK = 12;

/** Runs one seed; throws an error that names the seed and the rule that does not hold. */
export async function runScenario(
  seed: number,
  plants: LogPlants = {},
  isReal = false,
): Promise<ScenarioCounts> {
  const scenario = new Scenario(seed, { plants, isReal });
  return scenario.run();
}

class Scenario {
  readonly #world: LogWorld;
  readonly #random: SeededRandom;
  readonly #seed: number;
  readonly #acknowledged = new Map<number, Acknowledged>();
  readonly #counts: ScenarioCounts = {
    acknowledged: 0,
    unknown: 0,
    refused: 0,
    promotions: 0,
    crashes: 0,
    pauses: 0,
    cuts: 0,
    wipes: 0,
    heads: 0,
    truncations: 0,
    caughtUp: 0,
  };
  #broken: string | undefined;
  #highest = 0;
  #inputs = 0;
  #isOver = false;
  readonly #starting = new Set<string>();

  constructor(seed: number, how: { plants: LogPlants; isReal: boolean }) {
    this.#seed = seed;
    this.#world = new LogWorld({ seed, nodes: NODES, ...how, syncMs: 12 });
    this.#random = this.#world.random.fork();
  }

  async run(): Promise<ScenarioCounts> {
    const world = this.#world;
    await world.settled(world.startAll());
    await world.until(() => world.writer() !== undefined, 10_000, 'a writer');
    this.#load();
    const untilMs = world.clock.monotonicMs() + FAULTS_MS;
    while (world.clock.monotonicMs() < untilMs && this.#broken === undefined) {
      await world.pass(20 + this.#random.below(400));
      await this.#trouble();
    }
    await this.#heal();
    await this.#judge();
    this.#counts.promotions = world.promoted.length;
    this.#counts.heads = world.signed.length;
    return this.#counts;
  }

  /** Writers of all nodes, each with a few appends at a time. */
  #load(): void {
    const world = this.#world;
    const step = (): void => {
      if (this.#isOver) return;
      world.clock.setTimer(5 + this.#random.below(60), step);
      const nodes = [...world.nodes.values()].filter(({ gate }) => gate.isUp);
      const node = nodes[this.#random.below(Math.max(1, nodes.length))];
      if (!node) return;
      const count = 1 + this.#random.below(4);
      for (let nth = 0; nth < count; nth += 1) void this.#append(node);
      if (this.#random.next() < 0.3) void this.#catchUp(node);
      if (this.#random.next() < 0.1) node.log.ledger.checkpoint().catch(() => undefined);
    };
    step();
  }

  async #append(node: LogNode): Promise<void> {
    const isWriter = node.log.writing() !== undefined;
    try {
      const receipt = await node.log.ledger.append(this.#input());
      const generation = isWriter ? node.log.writing() : undefined;
      this.#note(receipt, generation);
    } catch (error) {
      const { code } = toWitanError(error);
      if (code === 'unavailable') this.#counts.unknown += 1;
      else if (code === 'storage_failed' || code === 'overloaded' || code === 'stopped')
        this.#counts.refused += 1;
      else this.#break(`an append failed with ${code}: ${(error as Error).message}`);
    }
  }

  /** Whoever has caught up reads everything that was acknowledged to anybody before. */
  async #catchUp({ name, log, gate }: LogNode): Promise<void> {
    const before = [...this.#acknowledged.values()].slice(-READ_BACK);
    const isUp = await log.caughtUp().then(
      () => !gate.isDead,
      () => false,
    );
    if (!isUp) return;
    this.#counts.caughtUp += 1;
    for (const { index, leafHash } of before) {
      const entry = await log.ledger.entry(index).catch(() => null);
      // Its copy is being cut, or failed: it says so.
      if (entry === null) return;
      if (entry?.leafHash !== leafHash) this.#break(`${name} had caught up and does not read ${index}`);
    }
  }

  #input(): LedgerEntryInput {
    const number = (this.#inputs += 1);
    const decision = this.#random.below(40);
    const chance = this.#random.next();
    if (chance < 0.2) return opened(decision);
    if (chance < 0.4) return final(decision, `outcome ${number}`);
    return { kind: 'event', tenant: 'acme', payload: { number, text: 'x'.repeat(this.#random.below(300)) } };
  }

  #note({ index, leafHash }: LedgerReceipt, generation: number | undefined): void {
    this.#counts.acknowledged += 1;
    const earlier = this.#acknowledged.get(index);
    if (earlier && earlier.leafHash !== leafHash) this.#break(`two entries were acknowledged at ${index}`);
    this.#acknowledged.set(index, { index, leafHash });
    if (generation === undefined) return;
    if (generation < this.#highest)
      this.#break(`generation ${generation} acknowledged after ${this.#highest}`);
    this.#highest = Math.max(this.#highest, generation);
  }

  async #trouble(): Promise<void> {
    const { net, store } = this.#world;
    const name = NODES[this.#random.below(NODES.length)]!;
    const other = NODES[this.#random.below(NODES.length)]!;
    const forMs = 100 + this.#random.below(3_500);
    switch (this.#random.below(11)) {
      case 0:
      case 1:
        return this.#crash(name, forMs);
      case 2:
      case 3:
        return this.#pause(name, forMs);
      case 4:
      case 5:
        this.#counts.cuts += 1;
        net.cut(name, other);
        return this.#later(forMs, () => net.cut(name, other, false));
      case 6:
        this.#counts.cuts += 1;
        store.cut.add(name);
        return this.#later(forMs, () => void store.cut.delete(name));
      case 7:
        Object.assign(net.troubles, { loss: 0.1, duplicate: 0.1, reorder: true });
        return this.#later(forMs, () =>
          Object.assign(net.troubles, { loss: 0, duplicate: 0, reorder: false }),
        );
      case 8:
        Object.assign(store.troubles, { lostAnswer: 0.3, lost: 0.1, oldRead: 0.5 });
        return this.#later(forMs, () =>
          Object.assign(store.troubles, { lostAnswer: 0, lost: 0, oldRead: 0 }),
        );
      case 9:
        return this.#wipe(name, forMs);
      default:
        return undefined;
    }
  }

  #later(ms: number, task: () => void): void {
    this.#world.clock.setTimer(ms, task);
  }

  #crash(name: string, forMs: number): void {
    if (!this.#world.nodes.has(name)) return;
    this.#counts.crashes += 1;
    this.#world.crash(name);
    this.#later(forMs, () => void this.#restart(name));
  }

  async #restart(name: string): Promise<void> {
    if (this.#world.nodes.has(name) || this.#starting.has(name)) return;
    this.#starting.add(name);
    await this.#world
      .start(name)
      .catch((error: unknown) => this.#break(`${name} does not open: ${String(error)}`));
    this.#starting.delete(name);
  }

  #pause(name: string, forMs: number): void {
    const node = this.#world.nodes.get(name);
    if (!node?.gate.isUp) return;
    this.#counts.pauses += 1;
    node.gate.pause();
    this.#later(forMs, () => {
      node.gate.resume();
      // It knows of nothing yet that happened meanwhile.
      if (node.gate.isUp) void this.#catchUp(node);
    });
  }

  /** A disk is lost, while that of another member of the set is whole. */
  async #wipe(name: string, forMs: number): Promise<void> {
    const { world } = { world: this.#world };
    const entry = await world.kv.get('logs.main');
    if (!entry || !world.nodes.has(name) || this.#random.next() < 0.5) return;
    const { inSync } = LogCell.parse(JSON.parse(new TextDecoder().decode(entry.value)));
    const whole = inSync.filter(({ node, copy }) => node !== name && this.#copyOn(node) === copy);
    if (whole.length === 0) return;
    this.#counts.wipes += 1;
    world.crash(name);
    world.disks.set(name, new MemoryDisk());
    this.#later(forMs, () => void this.#restart(name));
  }

  #copyOn(name: string): string | undefined {
    try {
      const bytes = this.#world.disks.get(name)!.bytes('/log/copy.json');
      return (JSON.parse(Buffer.from(bytes).toString()) as { copy: string }).copy;
    } catch {
      return undefined;
    }
  }

  async #heal(): Promise<void> {
    const world = this.#world;
    this.#isOver = true;
    world.net.heal();
    world.store.cut.clear();
    Object.assign(world.store.troubles, { lostAnswer: 0, lost: 0, oldRead: 0 });
    for (const { gate } of world.nodes.values()) gate.resume();
    for (const name of NODES) void this.#restart(name);
    await world.until(
      () => world.nodes.size === NODES.length || this.#broken !== undefined,
      10_000,
      'all open',
    );
    if (this.#broken !== undefined) return;
    const isWhole = (): boolean => {
      const cell = world.writer()?.log.cell()?.cell;
      const sizes = [...world.nodes.values()].map(({ replica }) => sizeOf(replica));
      return cell?.inSync.length === NODES.length && new Set(sizes).size === 1;
    };
    await world
      .until(isWhole, 30_000, 'all in sync')
      .catch((error: Error) => this.#break(`the log does not come back: ${error.message}; ${this.#state()}`));
  }

  #state(): string {
    const world = this.#world;
    const nodes = [...world.nodes.values()].map(({ name, replica, log }) =>
      [
        name,
        replica.generation,
        replica.local.size(),
        log.writing() ?? '-',
        replica.failure?.message ?? '',
      ].join('/'),
    );
    const cell = [...world.nodes.values()][0]?.log.cell()?.cell;
    const faults = world.faults.slice(-3).map(({ message }) => message);
    return `${nodes.join(' ')} cell ${JSON.stringify(cell)} faults ${faults.join('; ')}`;
  }

  async #judge(): Promise<void> {
    const world = this.#world;
    if (this.#broken === undefined) {
      const writer = world.writer()!;
      for (const node of world.nodes.values()) await this.#judgeLog(node);
      for (const { node, size, root } of world.signed) {
        const is = size <= writer.replica.local.size() ? await writer.replica.root(size) : 'nothing';
        if (is !== root) this.#break(`${node} signed another root at ${size}`);
      }
      for (const { code, message } of world.faults) if (code === 'verification_failed') this.#break(message);
      if (world.errors.length > 0) this.#break(`a timer failed: ${String(world.errors[0])}`);
    }
    for (const { gate } of world.nodes.values()) gate.kill();
    await setImmediate();
    if (this.#broken !== undefined) throw new Error(`seed ${this.#seed}: ${this.#broken}`);
  }

  async #judgeLog({ name, replica }: LogNode): Promise<void> {
    for (const { index, leafHash } of this.#acknowledged.values()) {
      const entry = await replica.local.entry(index);
      if (entry?.leafHash !== leafHash) return this.#break(`${name} has another entry, or none, at ${index}`);
    }
  }

  #break(rule: string): void {
    this.#broken ??= rule;
  }
}

/** Entries on the disk of a copy; -1 while it is cut. */
function sizeOf(replica: LogNode['replica']): number {
  try {
    return replica.local.size();
  } catch {
    return -1;
  }
}
