/**
 * Ballots that did not count, on their way to the record of their decision: through a durable queue, because
 * nobody else would tell of them again.
 *
 * A late or refused ballot is known to the session that got it alone. Told to an orchestrator, it is lost
 * with the node, with a full mailbox, and while the writer of the record moves.
 */
import type { OrchestratorMessage } from '../../../../agents/platform/orchestrator/messages.ts';
import { askReceiver } from '../../../../cluster/durable/ask-receiver.ts';
import { DurableSender } from '../../../../cluster/durable/durable-sender.ts';
import { DurableTaker } from '../../../../cluster/durable/durable-taker.ts';
import { REDELIVERY } from '../../../../cluster/durable/redelivery.ts';
import type { Settings } from '../../../../config/schema.ts';
import { durableQueue } from '../../../../contracts/cluster-names.ts';
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { Ballot } from '../../../../contracts/messages/ballot.ts';
import type { DurableEnvelope } from '../../../../contracts/messages/cluster/durable.ts';
import { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { BallotIncident } from '../../../../council/deliberation/deliberation-options.ts';
import type { Clock, Random } from '../../../kernel/clock.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import type { WorkQueuePort } from '../../../kernel/ports/work-queue.ts';
import { z } from 'zod';

/** What notices go through. */
export interface BallotNoticesOptions {
  readonly cluster: { readonly name: string; readonly node: string; readonly incarnation: () => string };
  readonly queue: WorkQueuePort;
  readonly settings: Pick<Settings, 'cluster'>;
  readonly system: ActorSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Pick<TelemetryPort, 'log'>;
  /** Orchestrator of the node that decides a decision now. @throws unavailable while none does */
  readonly orchestratorOf: (decisionId: DecisionId) => Promise<ActorRef<OrchestratorMessage>>;
  /** Whether this node may take notices: it is a member, and decides. */
  readonly mayTake: () => boolean;
}

const PATH = '/system/cluster/ballot-notices';
/** Longest wait for an orchestrator's word, ms: an append while the record's writer moves. */
const ASK_MS = 20_000;
const CONCURRENCY = 8;
/** Time that a node which stops gives to notices that the queue has not taken yet. */
const GRACE_MS = 2_000;

/** A notice as it stands in the queue. */
const NoticeMessage = z.object({
  kind: z.enum(['late-ballot', 'advisory-ballot', 'ballot-refused']),
  decisionId: DecisionId,
  seat: z.string().max(200),
  round: z.int(),
  ballot: Ballot.optional(),
  reason: z.string().max(4_000).optional(),
});

/** See the head of the file. */
export class BallotNotices {
  readonly queueName: string;
  readonly sender: DurableSender;
  readonly taker: DurableTaker;
  readonly #options: BallotNoticesOptions;
  #count = 0;

  constructor(options: BallotNoticesOptions) {
    const { cluster, queue, clock, random, settings, mayTake } = options;
    this.#options = options;
    this.queueName = durableQueue(cluster.name, 'ballot-notices');
    const shared = { queue, queueName: this.queueName, clock, random };
    this.sender = new DurableSender({ ...shared, node: cluster.node });
    this.taker = new DurableTaker({
      ...shared,
      mayTake,
      concurrency: CONCURRENCY,
      ackWaitMs: settings.cluster.durableAckMs,
      terms: { ...REDELIVERY, maxDeliveries: settings.cluster.durableMaxDeliveries },
      deliver: (envelope, deliveryCount) => this.#deliver(envelope, deliveryCount),
      onTrouble: (what, fields) => options.telemetry.log('warn', PATH, what, fields),
    });
  }

  /** Makes the queue, and begins to take where this node decides. @throws unavailable */
  async open(decides: boolean): Promise<void> {
    const { queue, settings } = this.#options;
    const { durableAckMs, durableMaxDeliveries, durableMaxCount } = settings.cluster;
    await queue.declare(this.queueName, {
      ackWaitMs: durableAckMs,
      maxDeliveries: durableMaxDeliveries,
      capacity: durableMaxCount,
    });
    if (decides) this.taker.start();
  }

  /** Sends a notice; what cannot be sent is said aloud. */
  tell(incident: BallotIncident): void {
    const { cluster, telemetry } = this.#options;
    const { kind, decisionId, seat, round } = incident;
    const said =
      incident.kind === 'ballot-refused' ? { reason: incident.reason } : { ballot: incident.ballot };
    // Two refusals may read the same: each has a name of its own, made where it happened.
    const id = `${cluster.node}.${cluster.incarnation()}.${(this.#count += 1)}`;
    const message = { kind, decisionId, seat, round, ...said };
    this.sender.send({ id, to: decisionId, message }).catch((error: unknown) => {
      const { code, message: text } = toWitanError(error);
      telemetry.log('error', PATH, 'a ballot notice could not be sent', { kind, decisionId, code, text });
    });
  }

  /** Takes nothing more; resolves when what is in hand has its end. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.sender.close(GRACE_MS), this.taker.stop()]);
  }

  async #deliver(envelope: DurableEnvelope, deliveryCount: number): Promise<void> {
    const parsed = NoticeMessage.safeParse(envelope.message);
    if (!parsed.success) throw new WitanError('bad_encoding', 'the message is no ballot notice');
    const { orchestratorOf, system } = this.#options;
    const receiver = await orchestratorOf(parsed.data.decisionId);
    await askReceiver<OrchestratorMessage>(
      receiver,
      { envelope, deliveryCount },
      {
        system,
        timeoutMs: ASK_MS,
        make: (replyTo) => ({ type: 'ballot-notice', ...parsed.data, noticeId: envelope.id, replyTo }),
      },
    );
  }
}
