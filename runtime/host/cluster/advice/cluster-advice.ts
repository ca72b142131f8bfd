/** The load of this node told, that of the others heard, and advice on how many there should be. */
import { eligibleMembers } from '../../../../cluster/placement/eligibility.ts';
import type { Settings } from '../../../../config/schema.ts';
import type { ScaleAdvice } from '../../../../contracts/messages/cluster/load.ts';
import type { CreditSemaphore } from '../../../kernel/credit-semaphore.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem, AnyRef } from '../../../kernel/index.ts';
import type { DecisionEventsPort } from '../../../kernel/ports/decision/decision-events.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import { decisionOwners, DECIDES } from '../decision-shards.ts';
import type { NodeCluster } from '../node-cluster.ts';
import { processClock } from '../process-clock.ts';
import { spawnAutoscaler } from './autoscaler.ts';
import type { AutoscalerMessage } from './autoscaler.ts';
import { NodeLoad } from './node-load.ts';

/** What it is opened with. */
export interface ClusterAdviceOptions {
  readonly cluster: NodeCluster;
  readonly settings: Settings;
  readonly system: ActorSystem;
  readonly events: DecisionEventsPort;
  readonly telemetry: Pick<TelemetryPort, 'log' | 'gauge' | 'count'>;
  /** Below which the autoscaler is spawned. */
  readonly parent: AnyRef;
  readonly admission: () => CreditSemaphore | undefined;
  readonly evaluationWaiting: () => number;
}

const ASK_MS = 2_000;

/** See the head of the file. Begins at once. */
export class ClusterAdvice {
  readonly #options: ClusterAdviceOptions;
  readonly #load: NodeLoad;
  readonly #autoscaler: ActorRef<AutoscalerMessage>;

  constructor(options: ClusterAdviceOptions) {
    const { cluster, settings, system, events, telemetry, parent, admission, evaluationWaiting } = options;
    this.#options = options;
    this.#load = new NodeLoad({
      ...{ system, events, admission, evaluationWaiting, clock: processClock },
      kvWriteCount: () => cluster.kvWriteCount,
      beatMs: settings.cluster.beatMs,
    });
    this.#autoscaler = spawnAutoscaler(parent, {
      cluster: cluster.name,
      self: () => ({ node: cluster.node, incarnation: cluster.members.self.incarnation }),
      ...{ bus: cluster.bus, telemetry, settings: settings.scaling },
      look: () => this.#load.look(),
      deciding: () => this.#deciding(),
    });
  }

  /** As of the last look. @throws unavailable, stopped */
  advice(): Promise<ScaleAdvice> {
    const { system } = this.#options;
    const make = (replyTo: ActorRef<ScaleAdvice>): AutoscalerMessage => ({ type: 'advice', replyTo });
    return query(this.#autoscaler, make, { timeoutMs: ASK_MS, via: system });
  }

  /** Ends the measurement; the actor ends with its parent. Idempotent. */
  close(): void {
    this.#load.close();
  }

  /** Members that decide, each with the shards that it owns. */
  #deciding(): Map<string, number> {
    const { cluster, settings } = this.#options;
    const names = eligibleMembers(cluster.members.list(), DECIDES).map(({ record }) => record.node);
    const counts = new Map(names.map((name) => [name, 0]));
    for (const { node } of decisionOwners(cluster.claims, settings.cluster.shardCount))
      if (node !== null && counts.has(node)) counts.set(node, counts.get(node)! + 1);
    return counts;
  }
}
