/** `/platform/audit/anchor`: looks at each chain in its rhythm; all that must not be forgotten is in the outbox. */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { actorChild } from '../../../../supervisors/child-spec.ts';
import type { ChildSpec } from '../../../../supervisors/child-spec.ts';
import type { ActorContext } from '../../../../runtime/kernel/index.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import { pendingCount, statusOf } from './anchor-status.ts';
import type { LaneRunner } from './lane-runner.ts';
import { headOf, spentOn } from './lane/lane-state.ts';
import { logIdOf } from './lane/lane-parts.ts';
import { dayOf } from './lane/plan-fee.ts';
import type { AnchorMessage, AnchorReply } from './messages.ts';

/** What the actor works with. */
export interface AnchorPorts {
  readonly runners: readonly LaneRunner[];
  readonly telemetry: Pick<TelemetryPort, 'gauge'>;
}

type Ctx = ActorContext<AnchorMessage>;
type Asked<Type extends AnchorMessage['type']> = Extract<AnchorMessage, { readonly type: Type }>;

/** Time that a stop waits for a turn that is in the middle of a call. */
const STOP_GRACE_MS = 12_000;
const BREAKER_GAUGE = { closed: 0, 'half-open': 1, open: 2 } as const;

/** The anchor as a child of its supervisor. One per log: who starts two lets both fail at the contract. */
export function anchorChild(ports: AnchorPorts): ChildSpec {
  return actorChild<AnchorWork, AnchorMessage>({
    id: 'anchor',
    behavior: (work, message, ctx) => {
      work.take(message, ctx);
      return work;
    },
    options: {
      behaviorName: 'anchor',
      stopGraceMs: STOP_GRACE_MS,
      initialStateFunc: (ctx) => {
        const work = new AnchorWork(ports);
        for (const runner of ports.runners) {
          runner.reopen();
          ctx.setTimer(runner.source.name, 0, { type: 'turn', chain: runner.source.name });
        }
        return work;
      },
      stateName: (work) => work.stateName,
      afterStop: async () => {
        await Promise.all(ports.runners.map((runner) => runner.close()));
      },
      onCrash: () => 'reset',
    },
  });
}

class AnchorWork {
  readonly #ports: AnchorPorts;

  constructor(ports: AnchorPorts) {
    this.#ports = ports;
  }

  get stateName(): string {
    const holds = this.#ports.runners.flatMap(({ lane }) => lane?.hold ?? []);
    return holds.length > 0 ? `held: ${holds.join(', ')}` : 'anchoring';
  }

  take(message: AnchorMessage, ctx: Ctx): void {
    switch (message.type) {
      case 'turn':
        return this.#turn(message.chain, ctx);
      case 'turned':
        return this.#turned(message.chain, ctx);
      case 'status':
        return message.replyTo.tell(this.#status());
      case 'now':
        return this.#now(message, ctx);
      case 'receipt':
        return this.#receipt(message);
    }
  }

  #turn(chain: string, ctx: Ctx): void {
    const runner = this.#runner(chain);
    ctx.pipeToSelf(
      () => runner.turn(),
      () => ({ type: 'turned', chain }),
    );
  }

  #turned(chain: string, ctx: Ctx): void {
    const runner = this.#runner(chain);
    ctx.setTimer(chain, runner.source.pollMs, { type: 'turn', chain });
    this.#measure(runner);
  }

  #now({ replyTo }: Asked<'now'>, ctx: Ctx): void {
    for (const runner of this.#ports.runners) {
      runner.askFor();
      ctx.setTimer(runner.source.name, 0, { type: 'turn', chain: runner.source.name });
    }
    replyTo.tell(this.#status());
  }

  #receipt({ origin, index, chain, replyTo }: Asked<'receipt'>): void {
    const runners = this.#ports.runners.filter(({ source }) => chain === undefined || source.name === chain);
    void firstReceipt(runners, origin, index).then((reply) => replyTo.tell(reply));
  }

  #status(): AnchorReply {
    return { type: 'status', status: { chains: this.#ports.runners.map(statusOf) } };
  }

  #runner(chain: string): LaneRunner {
    return this.#ports.runners.find(({ source }) => source.name === chain)!;
  }

  #measure({ source, lane }: LaneRunner): void {
    if (!lane) return;
    const labels = { chain: source.name };
    const { telemetry } = this.#ports;
    const { state, parts } = lane;
    const sizes = parts.logs.map(({ origin }) => headOf(state, logIdOf(parts, origin)).size);
    telemetry.gauge('anchor_pending_entries', pendingCount(lane), labels);
    telemetry.gauge(
      'anchor_pending_roots',
      state.queue.size + state.records.filter((one) => !one.place).length,
      labels,
    );
    telemetry.gauge('anchor_size', Math.max(0, ...sizes), labels);
    telemetry.gauge('anchor_cost_today', Number(spentOn(state, dayOf(parts.clock.wallMs()))) / 1e9, labels);
    telemetry.gauge('anchor_breaker', BREAKER_GAUGE[parts.breaker.state], labels);
    telemetry.gauge('anchor_held', lane.hold === null ? 0 : 1, labels);
  }
}

async function firstReceipt(
  runners: readonly LaneRunner[],
  origin: string,
  index: number,
): Promise<AnchorReply> {
  let last = new WitanError('not_found', `record ${index} is not anchored`, { path: 'index' });
  for (const { lane } of runners) {
    try {
      if (lane) return { type: 'receipt', receipt: await lane.receipt(origin, index) };
    } catch (error) {
      last = toWitanError(error);
    }
  }
  return { type: 'failed', error: last };
}
