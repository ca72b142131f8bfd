/** One incarnation of a node: production actors and log on simulated time, disk and network. */
import { createOrchestratorClient } from '../../../agents/platform/orchestrator/client.ts';
import type { OrchestratorClient } from '../../../agents/platform/orchestrator/client.ts';
import type { OrchestratorMessage, ReviewMessage } from '../../../agents/platform/orchestrator/messages.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { SeatId } from '../../../contracts/messages/ids.ts';
import type { CreditSemaphore } from '../../../runtime/kernel/credit-semaphore.ts';
import { start } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { DecisionEventsPort } from '../../../runtime/kernel/ports/decision/decision-events.ts';
import type { LedgerPort } from '../../../runtime/kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../runtime/kernel/ports/telemetry.ts';
import { nullTelemetry } from '../../../runtime/telemetry/null-telemetry.ts';
import { buildSimCouncil } from './build-council.ts';
import { buildSimPlatform } from './build-platform.ts';
import type { MessageCounts, NodeLife } from './history.ts';
import { NodeTime } from './node-clock.ts';
import { openSimStores } from './open-stores.ts';
import type { World } from './world.ts';

/** Parts of a node that is being built. */
export interface NodeParts {
  readonly world: World;
  readonly incarnation: number;
  readonly time: NodeTime;
  readonly system: ActorSystem;
  readonly ledger: LedgerPort;
  readonly events: DecisionEventsPort;
  readonly counts: MessageCounts;
}

/** A running node. */
export class SimNode {
  readonly incarnation: number;
  readonly system: ActorSystem;
  readonly client: OrchestratorClient;
  readonly ledger: LedgerPort;
  readonly admission: CreditSemaphore;
  readonly removedSeats: string[] = [];
  /** Rejects when the node is gone: whoever waits for its answer waits no longer. */
  readonly lost: Promise<never>;
  readonly #time: NodeTime;
  readonly #counts: MessageCounts;
  readonly #telemetry: { readonly deadLetterCount: number };
  readonly #treeAtStart: readonly string[];
  #lose!: (error: WitanError) => void;

  private constructor(
    parts: NodeParts,
    admission: CreditSemaphore,
    telemetry: { readonly deadLetterCount: number },
  ) {
    this.incarnation = parts.incarnation;
    this.system = parts.system;
    this.ledger = parts.ledger;
    this.admission = admission;
    this.#time = parts.time;
    this.#counts = parts.counts;
    this.#telemetry = telemetry;
    this.lost = new Promise((_, reject) => (this.#lose = reject));
    this.lost.catch(() => undefined);
    this.client = this.#makeClient(parts.world);
    this.#treeAtStart = this.#paths();
  }

  /** Opens the log and starts the actors. @throws storage_failed while the disk refuses */
  static async boot(world: World, incarnation: number, time: NodeTime): Promise<SimNode> {
    const clock = world.plant?.clock?.(time) ?? time;
    const stores = await openSimStores(world, time, incarnation);
    const telemetry = countingTelemetry();
    const system = start({
      node: 'sim',
      clock,
      scheduler: time.scheduler,
      random: world.sim.random.fork(),
      telemetry,
      deadLetterCapacity: 100_000,
    });
    const counts = newCounts();
    const parts: NodeParts = { world, incarnation, time, system, ...stores, counts };
    const onIncident = buildSimCouncil(parts, stores.journal);
    const admission = buildSimPlatform(parts, stores.index, onIncident);
    return new SimNode(parts, admission, telemetry);
  }

  /** The node dies where it stands. */
  crash(): NodeLife {
    const life = this.#life('crashed');
    this.#time.halt();
    life.messages.lostWithNode += life.messages.inFlight;
    life.messages.inFlight = 0;
    this.#lose(new WitanError('unavailable', 'the node crashed'));
    return life;
  }

  /** The node drains, stops and closes its log. */
  async stop(graceMs: number): Promise<NodeLife> {
    const treeAtEnd = this.#paths();
    const creditsInUse = this.admission.inUse;
    await this.system.stop({ graceMs });
    await this.ledger.close();
    const life = this.#life('stopped');
    // What the network still carries arrives at nobody.
    life.messages.lostWithNode += life.messages.inFlight;
    life.messages.inFlight = 0;
    this.#time.halt();
    this.#lose(new WitanError('unavailable', 'the node stopped'));
    return { ...life, treeAtEnd, creditsInUse };
  }

  /** Address of a seat's actor, or undefined. */
  seat(seat: string): ActorRef<unknown> | undefined {
    return this.system.find(`/council/${seat as SeatId}`);
  }

  #life(end: NodeLife['end']): NodeLife {
    const letters = this.system.deadLetters();
    const deadAtSeats = letters.filter(
      ({ recipient, messageType }) => /^\/council\/[a-z]+$/.test(recipient) && SEAT_MESSAGES.has(messageType),
    ).length;
    return {
      incarnation: this.incarnation,
      end,
      messages: { ...this.#counts, deadAtSeats },
      deadLetters: this.system.deadLetterTotals(),
      reportedDeadLetterCount: this.#telemetry.deadLetterCount,
      creditsInUse: this.admission.inUse,
      treeAtStart: this.#treeAtStart,
      treeAtEnd: this.#paths(),
      removedSeats: this.removedSeats,
    };
  }

  #paths(): string[] {
    return this.system
      .inspect()
      .map(({ path }) => path)
      .sort();
  }

  #makeClient({ plant }: World): OrchestratorClient {
    const find = (path: string): ActorRef<unknown> => {
      const ref = this.system.find(path);
      if (ref) return ref;
      throw new WitanError('unavailable', `${path} is not running`, { actor: path });
    };
    const client = createOrchestratorClient({
      orchestrator: () => find('/platform/orchestrator') as ActorRef<OrchestratorMessage>,
      review: () => find('/platform/orchestrator/review') as ActorRef<ReviewMessage>,
      askMs: CLIENT_ASK_MS,
      verdictMs: CLIENT_VERDICT_MS,
    });
    return plant?.client?.(client) ?? client;
  }
}

/** How long callers wait for an acceptance or a read, ms. */
export const CLIENT_ASK_MS = 2_000;
/** How long callers wait for a verdict, ms. */
export const CLIENT_VERDICT_MS = 12_000;

const SEAT_MESSAGES: ReadonlySet<string> = new Set(['ballot-request', 'session-closed']);

function newCounts(): MessageCounts {
  const none = { sent: 0, copied: 0, delivered: 0, dropped: 0, lostWithNode: 0, inFlight: 0 };
  return { ...none, toSeats: 0, takenBySeats: 0, deadAtSeats: 0 };
}

/** Telemetry that counts dead letters and forgets the rest. */
function countingTelemetry(): TelemetryPort & { deadLetterCount: number } {
  const telemetry = {
    ...nullTelemetry,
    deadLetterCount: 0,
    count(name: string, value: number): void {
      if (name === 'actor_dead_letters') telemetry.deadLetterCount += value;
    },
  };
  return telemetry;
}
