/** How loaded this node was since the last look: processor, memory, loop, mailboxes, credits, decisions. */
import { availableParallelism, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoadFigures } from '../../../../contracts/messages/cluster/load.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { CreditSemaphore } from '../../../kernel/credit-semaphore.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { ActorSystem } from '../../../kernel/index.ts';
import type {
  DecisionEventsPort,
  DecisionSubscriber,
} from '../../../kernel/ports/decision/decision-events.ts';

/** Where the figures come from. */
export interface NodeLoadParts {
  readonly system: Pick<ActorSystem, 'deepestMailbox'>;
  readonly clock: Clock;
  readonly events: Pick<DecisionEventsPort, 'subscribeAll'>;
  /** Undefined on a node that decides nothing. */
  readonly admission: () => CreditSemaphore | undefined;
  readonly evaluationWaiting: () => number;
  /** Writes to the cluster's store so far, those of the heartbeat left out. */
  readonly kvWriteCount: () => number;
  readonly beatMs: number;
}

/** Figures of one node, without its name. */
export type OwnFigures = Omit<LoadFigures, 'format' | 'node' | 'incarnation'>;

const LOOP_RESOLUTION_MS = 20;
/** Decisions of one interval that are timed; more say no more. */
const TIMED_MAX_COUNT = 2_000;
const OPEN_MAX_COUNT = 10_000;

/** See the head of the file. */
export class NodeLoad {
  readonly #parts: NodeLoadParts;
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  readonly #latencies: Latencies;
  #cpuUs: number;
  #kvWrites: number;
  #atMs: number;

  constructor(parts: NodeLoadParts) {
    this.#parts = parts;
    this.#loop.enable();
    this.#latencies = new Latencies(parts.clock);
    parts.events.subscribeAll(this.#latencies);
    this.#cpuUs = cpuUs();
    this.#kvWrites = parts.kvWriteCount();
    this.#atMs = parts.clock.monotonicMs();
  }

  /** Figures since the last call. */
  look(): OwnFigures {
    const { clock, admission, evaluationWaiting, kvWriteCount, beatMs, system } = this.#parts;
    const nowMs = clock.monotonicMs();
    const elapsedMs = Math.max(1, nowMs - this.#atMs);
    const [cpu, kvWrites] = [cpuUs(), kvWriteCount()];
    const loopLagMs = Math.max(0, this.#loop.max / 1e6 - LOOP_RESOLUTION_MS);
    const credits = admission();
    const figures: OwnFigures = {
      cpuShare: Math.min(1, (cpu - this.#cpuUs) / 1_000 / elapsedMs / availableParallelism()),
      memoryShare: Math.min(1, process.memoryUsage.rss() / memoryLimit()),
      loopLagMs: Number.isFinite(loopLagMs) ? loopLagMs : 0,
      mailboxDepth: system.deepestMailbox(),
      admissionWaiting: credits?.waiting ?? 0,
      creditShare: credits && credits.credits > 0 ? credits.inUse / credits.credits : 0,
      evaluationWaiting: evaluationWaiting(),
      latencyP95Ms: this.#latencies.take(),
      kvWritesPerS: ((kvWrites - this.#kvWrites) * 1_000) / elapsedMs + 1_000 / beatMs,
    };
    this.#loop.reset();
    this.#cpuUs = cpu;
    this.#kvWrites = kvWrites;
    this.#atMs = nowMs;
    return figures;
  }

  /** Ends the measurement. Idempotent. */
  close(): void {
    this.#loop.disable();
  }
}

/** Times of decisions between two looks. */
export class Latencies implements DecisionSubscriber {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #openedAtMs = new Map<DecisionId, number>();
  #tookMs: number[] = [];

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  readonly onEvent: DecisionSubscriber['onEvent'] = ({ type, decisionId }) => {
    if (type === 'opened') {
      this.#openedAtMs.set(decisionId, this.#clock.monotonicMs());
      if (this.#openedAtMs.size > OPEN_MAX_COUNT) {
        this.#openedAtMs.delete(this.#openedAtMs.keys().next().value!);
      }
    } else if (type === 'final') {
      const openedAtMs = this.#openedAtMs.get(decisionId);
      this.#openedAtMs.delete(decisionId);
      if (openedAtMs === undefined || this.#tookMs.length >= TIMED_MAX_COUNT) return;
      this.#tookMs.push(this.#clock.monotonicMs() - openedAtMs);
    }
  };

  readonly onGap = (): void => this.#openedAtMs.clear();
  readonly onEnd = (): void => this.#openedAtMs.clear();

  /** Their 95th of a hundred, ms; 0 where none ended. What was noted is forgotten. */
  take(): number {
    const sorted = this.#tookMs.sort((left, right) => left - right);
    this.#tookMs = [];
    return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
  }
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** What a container grants, or what the machine has. */
function memoryLimit(): number {
  const granted = process.constrainedMemory();
  return granted > 0 && granted < totalmem() ? granted : totalmem();
}
