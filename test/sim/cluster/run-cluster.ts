/** One seed of the cluster simulator: a life under faults, then quiet, then judgement. */
import { chanceOf, pick } from '../scenario/chance.ts';
import { ClusterFaults } from './faults/fault-runner.ts';
import { planCluster } from './faults/plan-cluster.ts';
import type { ClusterScenario } from './faults/plan-cluster.ts';
import type { ClusterViolation } from './invariants/names.ts';
import type { ClusterPlant } from './plants/cluster-plant.ts';
import { planScenario } from '../scenario/plan-scenario.ts';
import type { PlannedDecision } from '../scenario/scenario.ts';
import { ACCOUNT_IDS, Accounts } from './work/accounts.ts';
import { contend } from '../../cluster/leases/contention.ts';
import type { Fence } from '../../../runtime/kernel/index.ts';
import { noteTaken } from './work/taken.ts';
import type { NodeRun } from './world/node-run.ts';
import { Callers } from './work/callers.ts';
import { Deciding, DECISION_SHARDS } from './work/deciding.ts';
import { LedgerLoad } from './work/ledger-load.ts';
import { Sends } from './work/sends.ts';
import { Talk } from './work/talk.ts';
import { Ticker } from './work/ticker.ts';
import type { ClusterNode } from './world/cluster-node.ts';
import { ClusterWorld } from './world/cluster-world.ts';

/** What a seed showed. */
export interface ClusterReport {
  readonly seed: number;
  /** Hash over the ordered trace. */
  readonly traceHash: string;
  readonly trace: readonly string[];
  readonly violations: readonly ClusterViolation[];
  readonly faults: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly stepCount: number;
  /** Time from the end of the faults until all was whole again, ms of simulated time. */
  readonly healedMs: number;
}

/** Settings of a run. */
export interface ClusterRunOptions {
  readonly plant?: ClusterPlant | undefined;
  readonly keepTrace?: boolean | undefined;
}

const READY_MS = 12_000;
const DECISION_COUNT = 4;
/** Submissions of a single node's plan come within 2 s, some with a second 2.5 s later. */
const STRETCH = 1.6;
/** Longest time from the end of the faults until all is whole again, ms. */
export const CONVERGE_MAX_MS = 20_000;
const QUIET_MS = 1_500;
/** Longest time until durable sends have arrived; a sender tries for 10 s. */
const SENDS_MS = 20_000;
/** Longest time after all is whole until every caller knows. */
const CALLERS_MS = 30_000;

/** Runs a seed. The same seed and plant give the same trace, here and in any other process. */
export async function runCluster(seed: number, options: ClusterRunOptions = {}): Promise<ClusterReport> {
  const undo = options.plant?.install?.();
  try {
    const life = new ClusterLife(planCluster(seed), options);
    return await life.run();
  } finally {
    undo?.();
  }
}

class ClusterLife {
  readonly #scenario: ClusterScenario;
  readonly #world: ClusterWorld;
  readonly #accounts: Accounts;
  readonly #ticker: Ticker;
  readonly #talk: Talk;
  readonly #log: LedgerLoad;
  readonly #faults: ClusterFaults;
  readonly #decisions: readonly PlannedDecision[];
  readonly #deciding: Deciding;
  readonly #callers: Callers;
  readonly #sends: Sends;
  readonly #chance;
  readonly #contention;
  #isLoading = false;
  #changes = 0;

  constructor(scenario: ClusterScenario, options: ClusterRunOptions) {
    this.#scenario = scenario;
    this.#chance = chanceOf(scenario.seed, 'load');
    this.#contention = chanceOf(scenario.seed, 'contention');
    const world = new ClusterWorld(scenario.seed, options);
    this.#world = world;
    this.#accounts = new Accounts(world);
    this.#sends = new Sends(world, this.#accounts);
    this.#ticker = new Ticker(world);
    this.#talk = new Talk(world);
    this.#log = new LedgerLoad(world);
    this.#decisions = planScenario(scenario.seed).decisions.slice(0, DECISION_COUNT);
    this.#deciding = new Deciding(world, this.#decisions);
    this.#callers = new Callers(world, this.#deciding);
    this.#faults = new ClusterFaults(world, scenario, { drain: (node) => this.#drain(node) });
    world.furnish = (node) => this.#furnish(node);
  }

  async run(): Promise<ClusterReport> {
    const world = this.#world;
    const { record } = world;
    let healedMs = 0;
    try {
      await this.#begin();
      this.#faults.start();
      this.#isLoading = true;
      this.#load();
      this.#callers.start(this.#decisions, STRETCH);
      await world.pass(this.#scenario.faultsEndMs);
      if (record.violations.length === 0) healedMs = await this.#heal();
      if (record.violations.length === 0) await this.#judge();
    } catch (error) {
      record.broken('comes-to-rest', String((error as Error).stack ?? error));
    }
    for (const error of world.broker.errors)
      record.broken('comes-to-rest', `a handler threw: ${String(error)}`);
    record.trace.note('end', JSON.stringify(record.counts));
    for (const node of world.nodes.values()) node.kill();
    return {
      seed: this.#scenario.seed,
      traceHash: record.trace.digest(),
      trace: record.trace.lines,
      violations: record.violations,
      faults: record.faults.counts,
      counts: record.counts,
      stepCount: world.sim.stepCount,
      healedMs,
    };
  }

  #furnish(node: ClusterNode): void {
    this.#talk.furnish(node);
    this.#accounts.furnish(node);
    this.#ticker.furnish(node);
    this.#deciding.furnish(node);
    this.#sends.furnish(node);
    node.eachRun((run) => this.#contend(run));
    node.announce('up');
  }

  /** Claims that whoever looks takes when it finds them free, and gives back now and then. */
  #contend(run: NodeRun): () => void {
    const world = this.#world;
    const noteTakenBy = (name: string, fence: Fence): void => noteTaken(world, run, { name, fence });
    contend({ random: this.#contention, noteTaken: noteTakenBy }, run.lease, world.record.fences);
    return () => undefined;
  }

  async #drain(node: ClusterNode): Promise<void> {
    const parts = [this.#accounts, this.#ticker, this.#deciding, this.#sends];
    await Promise.all(parts.map((part) => part.drain(node)));
  }

  async #begin(): Promise<void> {
    const world = this.#world;
    const { deciders, hasWorker, slowClock } = this.#scenario;
    for (const name of deciders) world.addMachine(name, ['ledger', 'platform', 'worker'], name === slowClock);
    if (hasWorker) world.addMachine('d', ['worker']);
    for (const name of world.machines.keys()) void world.start(name);
    if (!(await world.until(() => this.#isWhole(), READY_MS)))
      world.record.broken('converges', `the cluster does not begin: ${this.#state()}`);
  }

  /** A little of everything, from whichever node is there. */
  #load(): void {
    const world = this.#world;
    if (!this.#isLoading) return;
    world.sim.clock.setTimer(10 + this.#chance.below(50), () => this.#load());
    const nodes = [...world.nodes.values()].filter(
      ({ clock, run, isOpen }) => isOpen && !clock.isPaused && run !== undefined,
    );
    if (nodes.length === 0) return;
    const node = pick(this.#chance, nodes);
    const kind = this.#chance.below(10);
    const other = pick(this.#chance, [...world.machines.keys()]);
    if (kind < 4) {
      const change = `change-${(this.#changes += 1)}`;
      const amount = 1 + this.#chance.below(100);
      const id = pick(this.#chance, ACCOUNT_IDS);
      if (kind === 0) void this.#sends.send(node, id, { change: `send-${this.#changes}`, amount });
      else void this.#accounts.change(node, id, { change, amount });
    } else if (kind < 6) this.#talk.tell(node, other, 1 + this.#chance.below(4));
    else if (kind < 8) {
      const [isRepeatable, isTwice] = [this.#chance.next() < 0.5, this.#chance.next() < 0.2];
      void this.#talk.ask(node, other, { isRepeatable, isTwice });
    } else if (this.#chance.next() < 0.15) void this.#log.sign(node);
    else for (let count = this.#chance.below(3); count >= 0; count -= 1) void this.#log.append(node);
    if (world.record.violations.length === 0) this.#talk.judgeOpen();
  }

  /** Everything is good again; gives the time until all is whole. */
  async #heal(): Promise<number> {
    const world = this.#world;
    const fromMs = world.nowMs;
    this.#isLoading = false;
    world.record.trace.note('healed');
    this.#faults.heal();
    for (const node of world.nodes.values()) if (node.clock.isPaused) node.clock.resume();
    for (const name of world.machines.keys()) void world.start(name);
    const isWhole = await world.until(() => this.#isWhole() && this.#isEven(), CONVERGE_MAX_MS);
    if (!isWhole) world.record.broken('converges', this.#state());
    world.record.trace.note('whole');
    return world.nowMs - fromMs;
  }

  /** All machines run, all is owned, the log is written. */
  #isWhole(): boolean {
    const { nodes, machines } = this.#world;
    const all = [...nodes.values()];
    if (
      all.length < machines.size ||
      !all.every((node) => node.isOpen && node.isServing && node.state === 'up')
    )
      return false;
    const writer = all.find((node) => node.replica !== undefined && node.log.writing() !== undefined);
    const deciding = all.reduce((sum, node) => sum + this.#deciding.count(node), 0);
    if (writer === undefined || deciding !== DECISION_SHARDS) return false;
    return this.#accounts.unowned().length === 0 && this.#ticker.runningCount() === 1;
  }

  /** All copies are in the set, and as long as each other. */
  #isEven(): boolean {
    const copies = [...this.#world.nodes.values()].filter(
      ({ replica, isOpen }) => isOpen && replica !== undefined,
    );
    const sizes = new Set(copies.map(({ replica }) => sizeOf(replica!)));
    const writer = copies.find(({ log }) => log.writing() !== undefined);
    const inSync = writer?.log.cell()?.cell.inSync.length;
    return sizes.size === 1 && inSync === copies.length;
  }

  /** For a message: what is not as it should be. */
  #state(): string {
    const { nodes, machines } = this.#world;
    const parts = [...nodes.values()].map((node) => {
      const size = node.replica ? sizeOf(node.replica) : '-';
      const state = `${node.state}/${node.run?.lease.lease.state ?? 'no run'}`;
      return `${node.name}:${state}/${size}/${node.log?.writing() ?? '-'}`;
    });
    const cell = [...nodes.values()].find(({ replica }) => replica)?.log.cell()?.cell;
    const inSync = cell?.inSync.map(({ node }) => node).join('');
    const shards = [...nodes.values()].map((node) => this.#deciding.count(node));
    const unowned = this.#accounts.unowned().join(',');
    const tickers = this.#ticker.runningCount();
    const owned = `deciding ${shards.join('+')} unowned ${unowned} tickers ${tickers}`;
    return `${parts.join(' ')} of ${machines.size}; set ${inSync}; ${owned}`;
  }

  async #judge(): Promise<void> {
    const world = this.#world;
    const nodes = [...world.nodes.values()];
    await world.pass(QUIET_MS);
    await this.#judgeTalk(nodes);
    await this.#judgeSends();
    for (const node of nodes) {
      const readFromMs = world.nowMs;
      const accounts = (await world.settled(this.#accounts.read(node), 4_000)) ?? [];
      const silent = ACCOUNT_IDS.filter((_id, at) => accounts[at] === undefined);
      if (silent.length > 0)
        world.record.broken('converges', `${node.name} does not reach ${silent.join(', ')}`);
      this.#accounts.judge(accounts, readFromMs);
    }
    await world.settled(this.#accounts.judgeJournal(), 100);
    await this.#judgeDecisions(nodes);
    await world.settled(this.#log.judge(nodes), 1_000);
    await this.#judgeBatches(nodes);
  }

  /** The queue runs empty, and nothing in it was given up. */
  async #judgeSends(): Promise<void> {
    const world = this.#world;
    const endMs = world.nowMs + SENDS_MS;
    let depth = await this.#sends.depth();
    while (depth > 0 && world.nowMs < endMs && world.record.violations.length === 0) {
      await world.pass(100);
      depth = await this.#sends.depth();
    }
    const dead = await this.#sends.deadCount();
    if (depth > 0 || dead > 0)
      world.record.broken('sends-arrive', `${depth} durable messages wait, ${dead} are given up`);
  }

  /** Every caller is answered, everything accepted has ended, and every node shows it. */
  async #judgeDecisions(nodes: readonly ClusterNode[]): Promise<void> {
    const world = this.#world;
    if (!(await world.until(() => this.#callers.openCount === 0, CALLERS_MS)))
      world.record.broken('decisions-end', `${this.#callers.openCount} callers still wait`);
    await world.pass(QUIET_MS);
    const ledger = nodes.find(({ log }) => log.writing() !== undefined)?.ledger;
    if (!ledger) return world.record.broken('converges', 'nobody writes the log');
    await world.settled(this.#callers.judge(ledger), 2_000);
    for (const node of nodes.filter(({ replica }) => replica !== undefined)) {
      const unread = await world.settled(this.#callers.unread(node, this.#callers.tenants), 3_000);
      if (unread === undefined || unread.length > 0)
        world.record.broken(
          'decisions-end',
          `${node.name} does not show ${unread?.join(', ') ?? 'anything'}`,
        );
    }
  }

  /** In quiet, what is sent arrives: all of it. */
  async #judgeTalk(nodes: readonly ClusterNode[]): Promise<void> {
    const world = this.#world;
    const sent: number[] = [];
    for (const from of nodes) for (const to of nodes) sent.push(...this.#talk.tell(from, to.name, 3));
    await world.pass(200);
    const handled = this.#talk.handled(sent);
    if (handled !== sent.length)
      world.record.broken('messages-balance', `${sent.length} tells in quiet, ${handled} handled`);
    this.#talk.judgeOpen();
  }

  /** What was put on the wire is somewhere. */
  async #judgeBatches(nodes: readonly ClusterNode[]): Promise<void> {
    const { record, broker } = this.#world;
    const { copies, delivered, dropped, inFlight, published } = broker.counts;
    record.trace.note('links', published, copies, delivered, dropped, inFlight);
    for (const { name, run } of nodes) {
      const counters = run?.remoting?.counters;
      if (counters && counters.refused > 0 && run!.node.runs.length === 1) record.count('batches refused');
      record.trace.note('remoting', name, JSON.stringify(counters));
    }
  }
}

function sizeOf(replica: NonNullable<ClusterNode['replica']>): number {
  try {
    return replica.local.size();
  } catch {
    return -1;
  }
}
