/** One simulated world: a node and its successors on one disk, under one plan of faults. */
import type { SeatPlan } from '../../../agents/kit/seat-plan.ts';
import { loadSettings } from '../../../config/loader.ts';
import { rosterOf } from '../../../config/roster.ts';
import type { Settings } from '../../../config/schema.ts';
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import type { BallotReply, BallotRequest } from '../../../contracts/messages/council.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { DecisionEvent } from '../../../contracts/messages/events.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import { Simulation } from '../../../runtime/kernel/index.ts';
import type { ActorRef, Clock } from '../../../runtime/kernel/index.ts';
import type { DecisionIndexPort } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { JournalPort } from '../../../runtime/kernel/ports/journal.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import { MemoryKeys } from '../../../runtime/store/keys/memory-keys.ts';
import { CHECKPOINT_PURPOSE } from '../../../runtime/store/ledger/log-signer.ts';
import { MemoryDisk } from '../../../runtime/store/segment/memory-disk.ts';
import type { Plant } from '../plants/plant.ts';
import { mindOf, SEATS } from '../scenario/minds.ts';
import type { Mind } from '../scenario/minds.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { Conditions } from '../faults/conditions.ts';
import { FaultCounter } from '../faults/fault-counter.ts';
import { newHistory } from './history.ts';
import { NodeTime } from './node-clock.ts';
import { scriptedSeat } from './seat-plans.ts';
import { SimNode } from './sim-node.ts';
import { Trace } from './trace.ts';

/** What some seats do otherwise than their minds say, by key of the decision. */
export interface Change {
  readonly kind: 'surer' | 'lost' | 'lost-in-round-2';
  readonly seats: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How a run differs from its scenario. */
export interface RunOptions {
  readonly plant?: Plant | undefined;
  readonly change?: Change | undefined;
  /** Another order of everything that may happen in any order. */
  readonly shuffle?: number | undefined;
  readonly keepTrace?: boolean | undefined;
}

type Asked = BallotRequest & { readonly replyTo: ActorRef<BallotReply> };

const RETRY_BOOT_MS = 250;

/** See the head of the file. */
export class World {
  readonly scenario: Scenario;
  readonly plant: Plant | undefined;
  readonly sim: Simulation;
  readonly trace: Trace;
  readonly history = newHistory();
  readonly faults = new FaultCounter();
  readonly conditions: Conditions;
  readonly keys: MemoryKeys;
  readonly settings: Settings;
  readonly roster;
  /** Stores that outlive a node. */
  readonly kept: { journal: JournalPort | undefined; index: DecisionIndexPort | undefined } = {
    journal: undefined,
    index: undefined,
  };
  disk = new MemoryDisk();
  node: SimNode | undefined;
  readonly #change: Change | undefined;
  readonly #chance;
  readonly #minds = new Map<string, Mind>();
  readonly #durableFinals = new Set<string>();
  readonly #closedRounds = new Set<string>();
  readonly #ballots = new Map<string, Ballot[]>();
  #incarnation = 0;
  /** A node that is being stopped; a power cut still hits it. */
  #stopping: SimNode | undefined;
  #bootTime: NodeTime | undefined;

  constructor(scenario: Scenario, { plant, change, shuffle = 0, keepTrace = false }: RunOptions) {
    this.scenario = scenario;
    this.plant = plant;
    this.#change = change;
    this.sim = new Simulation(scenario.seed * 31 + shuffle);
    this.trace = new Trace(() => this.sim.clock.monotonicMs(), keepTrace);
    this.#chance = this.sim.random.fork();
    this.conditions = new Conditions(scenario, this.faults, this.sim.random.fork());
    this.keys = new MemoryKeys({ clock: this.sim.clock, seed: `sim ${scenario.seed}` });
    for (const purpose of ['node', CHECKPOINT_PURPOSE, ...SEATS.map((seat) => `seat/${seat}`)]) {
      this.keys.active(purpose);
    }
    const { maxRounds, tallyForm } = scenario;
    this.settings = loadSettings({ code: { council: { maxRounds, tallyForm } } }).settings;
    this.roster = rosterOf(this.settings.council);
  }

  /** Starts a node on the disk as it is; tries again while the disk refuses. */
  async boot(): Promise<void> {
    const incarnation = (this.#incarnation += 1);
    const time = new NodeTime(this.sim, () => this.conditions.wallOffsetMs);
    this.#bootTime = time;
    try {
      const node = await SimNode.boot(this, incarnation, time);
      this.node = node;
      this.conditions.isLogBroken = false;
      this.trace.note('booted', incarnation, node.ledger.size());
    } catch (error) {
      const code = (error as { code?: string }).code ?? String(error);
      this.trace.note('boot-failed', incarnation, code);
      time.halt();
      if (code === 'verification_failed') {
        this.history.stuck.push(`the log does not open: ${String(error)}`);
        return;
      }
      await new Promise<void>((done) => this.sim.clock.setTimer(RETRY_BOOT_MS, done));
      if (this.#incarnation === incarnation) await this.boot();
    }
  }

  /** The node loses its power: what was not synced may be on the disk or not. */
  crash(): void {
    this.trace.note('node-crash', this.#incarnation);
    const dying = this.node ?? this.#stopping;
    if (dying) this.history.lives.push(dying.crash());
    this.#bootTime?.halt();
    this.node = undefined;
    this.#stopping = undefined;
    this.disk = this.disk.crash(() => this.#chance.next() < 0.5);
    void this.boot();
  }

  /** The node is stopped in an orderly way and started again. */
  async restart(graceMs: number): Promise<void> {
    const { node } = this;
    if (!node) return;
    this.node = undefined;
    this.#stopping = node;
    this.trace.note('node-stop', node.incarnation);
    this.history.lives.push(await node.stop(graceMs));
    this.#stopping = undefined;
    // Crashed meanwhile: its successor is on its way.
    if (this.#incarnation === node.incarnation) await this.boot();
  }

  /** Plan of a seat on the clock of a node. */
  plan(seat: string, clock: Clock): SeatPlan {
    return scriptedSeat(seat, {
      mind: (decision, name) => this.#mind(decision, name),
      clock,
      faults: this.faults,
    });
  }

  /** Measures a question from now to its answer. */
  observe<T>(what: string, limitMs: number, asked: Promise<T>): Promise<T> {
    const ask = { what, startedMs: this.sim.clock.monotonicMs(), limitMs, endedMs: null as number | null };
    this.history.asks.push(ask);
    const end = (): void => {
      ask.endedMs = this.sim.clock.monotonicMs();
    };
    asked.then(end, end);
    const { node } = this;
    // An ask of a node that is gone has nobody left who could wait for it.
    node?.lost.catch(() => (ask.endedMs ??= this.sim.clock.monotonicMs()));
    return asked;
  }

  /** The log has acknowledged or given out an entry. */
  durable(entry: LedgerEntry, isNew: boolean): void {
    const { index, leafHash, kind, decisionId } = entry;
    if (kind === 'final') this.#durableFinals.add(decisionId!);
    if (!isNew) return;
    this.history.acknowledged.push({ index, leafHash, kind, decisionId });
    this.trace.note('durable', kind, decisionId, index, leafHash);
  }

  /** A verdict has left the node. */
  released(decisionId: string, via: 'answer' | 'read' | 'event', verdict: Verdict): void {
    const isDurable = this.#durableFinals.has(decisionId);
    this.history.released.push({ decisionId, via, verdict, isDurable });
    const { outcome, heldReason, decidedBy } = verdict.body;
    this.trace.note('released', via, decisionId, outcome, heldReason, decidedBy, verdict.record.index);
  }

  /** An event was published. */
  publishedEvent(event: DecisionEvent): void {
    const { decisionId } = event;
    if (event.type === 'round-closed' && event.round === 1) this.#closedRounds.add(decisionId);
    if (event.type === 'ballot') {
      this.#ballots.set(decisionId, [...(this.#ballots.get(decisionId) ?? []), event.ballot]);
    }
    if (event.type === 'final') this.released(decisionId, 'event', event.verdict);
    if (event.type === 'late-ballot') this.faults.add('ballot-late');
    const { seat, round } = event as { seat?: string; round?: number };
    this.trace.note('event', event.type, decisionId, event.sequence, seat, round);
  }

  /** A follower of all decisions got an event. */
  followedEvent(incarnation: number, { decisionId, sequence }: DecisionEvent): void {
    this.history.events.push({ incarnation, decisionId, sequence });
  }

  /** Ballots of a decision that were counted, in the order of their counting. */
  ballotsOf(decisionId: string): readonly Ballot[] {
    return this.#ballots.get(decisionId) ?? [];
  }

  /** A question goes out to a seat. */
  question(seat: string, message: Asked): Asked {
    const { decisionId } = message.decision;
    const planted = this.plant?.question?.(message, this.ballotsOf(decisionId));
    const asked: Asked = planted ? { ...planted, replyTo: message.replyTo } : message;
    this.history.questions.push({
      decisionId,
      seat,
      round: asked.round,
      peerCount: asked.peers.length,
      hasPrevious: asked.previous !== null,
      isRoundOneClosed: this.#closedRounds.has(decisionId),
    });
    return asked;
  }

  /** Whether the change of this run keeps a question from its seat. */
  isLost(seat: string, { decision, round }: Asked): boolean {
    if (!this.#change?.seats.get(keyOf(decision))?.has(seat)) return false;
    return this.#change.kind === 'lost' || (this.#change.kind === 'lost-in-round-2' && round === 2);
  }

  #mind(decision: Decision, seat: string): Mind {
    const key = keyOf(decision);
    const name = `${key}/${seat}`;
    const known = this.#minds.get(name);
    if (known) return known;
    const planned = this.scenario.decisions.find((one) => one.key === key);
    const mind = mindOf(this.scenario.seed, key, { seat, mood: planned?.mood ?? 'calm' });
    const isSurer = this.#change?.kind === 'surer' && this.#change.seats.get(key)?.has(seat);
    const own = isSurer ? surer(mind) : mind;
    this.#minds.set(name, own);
    return own;
  }
}

/** The same mind, entirely sure of every rejection. */
function surer(mind: Mind): Mind {
  const findings = mind.findings.map((finding) =>
    finding && finding.scoreBp < 5_000 ? { ...finding, confidenceBp: 10_000 } : finding,
  );
  return { ...mind, findings };
}

function keyOf({ request }: Pick<Decision, 'request'>): string {
  return request.idempotencyKey ?? '';
}
