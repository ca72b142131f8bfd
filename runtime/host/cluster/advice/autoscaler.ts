/**
 * `/cluster/autoscaler`: tells the other nodes how loaded this one is, hears them, and advises how many there
 * should be.
 *
 * Every node hears the same figures and comes to the same advice, so each can be asked and each exports it.
 * The first of the nodes that decide, by name, says it aloud when it changes. Nobody acts on it here.
 */
import { advise, NO_ADVICE } from '../../../../cluster/advice/scale-advice.ts';
import { LoadWindow } from '../../../../cluster/advice/load-window.ts';
import type { ScaleTerms } from '../../../../cluster/advice/scale-terms.ts';
import type { Settings } from '../../../../config/schema.ts';
import { topicSubject } from '../../../../contracts/cluster-names.ts';
import { toWitanError } from '../../../../contracts/errors.ts';
import { LoadFigures } from '../../../../contracts/messages/cluster/load.ts';
import type { ScaleAdvice } from '../../../../contracts/messages/cluster/load.ts';
import { spawn } from '../../../kernel/index.ts';
import type { ActorContext, ActorRef, Parent } from '../../../kernel/index.ts';
import type { BusPort } from '../../../kernel/ports/bus.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import type { OwnFigures } from './node-load.ts';

/** What the autoscaler takes. */
export type AutoscalerMessage =
  | { readonly type: 'sample' }
  | { readonly type: 'heard'; readonly data: Uint8Array }
  | { readonly type: 'advice'; readonly replyTo: ActorRef<ScaleAdvice> };

/** What it is made of. */
export interface AutoscalerOptions {
  readonly cluster: string;
  readonly self: () => { readonly node: string; readonly incarnation: string };
  readonly bus: Pick<BusPort, 'publish' | 'subscribe'>;
  readonly look: () => OwnFigures;
  /** Nodes that decide, with the shards that each owns. */
  readonly deciding: () => ReadonlyMap<string, number>;
  readonly settings: Settings['scaling'];
  readonly telemetry: Pick<TelemetryPort, 'log' | 'gauge' | 'count'>;
}

/** Topic of the figures, and of advice that changed. */
export const LOAD_TOPIC = 'load';
/** See {@link LOAD_TOPIC}. */
export const ADVICE_TOPIC = 'scale-advice';

const PATH = '/cluster/autoscaler';
const MAX_NODES = 10_000;
const MAX_FIGURES_BYTES = 4_096;
const CAPACITY = 4_096;

type Ctx = ActorContext<AutoscalerMessage>;

/** Starts it. A crash forgets what was seen; it is seen anew. */
export function spawnAutoscaler(parent: Parent, options: AutoscalerOptions): ActorRef<AutoscalerMessage> {
  const ref = spawn<Autoscaler, AutoscalerMessage>(
    parent,
    (state, message, ctx) => state.receive(message, ctx),
    'autoscaler',
    {
      initialStateFunc: (ctx) => {
        ctx.setTimer('sample', options.settings.sampleMs, { type: 'sample' });
        return new Autoscaler(options);
      },
      behaviorName: 'autoscaler',
      stateName: (state) => state.name,
      mailbox: { capacity: CAPACITY, overflow: 'drop-oldest' },
      onCrash: () => 'reset',
    },
  );
  const { bus, cluster, telemetry } = options;
  bus
    .subscribe(topicSubject(cluster, LOAD_TOPIC), ({ data }) => {
      if (data.length <= MAX_FIGURES_BYTES) ref.tell({ type: 'heard', data });
    })
    .catch((error: unknown) =>
      telemetry.log('warn', PATH, 'the load of other nodes is not heard', { code: toWitanError(error).code }),
    );
  return ref;
}

/** Terms of advice from the settings. */
export function scaleTerms(settings: Settings['scaling']): ScaleTerms {
  const { cpuShare, memoryShare, queueDepth, creditShare, latencyP95Ms, loopLagMs } = settings;
  const { shardImbalance, kvWritesPerS, minNodes, maxNodes, windowMs, quietMs } = settings;
  const { horizonMs, outPauseMs, inPauseMs } = settings;
  return {
    thresholds: {
      ...{ cpu: cpuShare, memory: memoryShare, mailbox: queueDepth, admission: queueDepth },
      ...{ credits: creditShare, latency: latencyP95Ms, 'loop-lag': loopLagMs, evaluation: queueDepth },
      ...{ 'shard-imbalance': shardImbalance, 'kv-writes': kvWritesPerS },
    },
    ...{ minNodes, maxNodes, windowMs, quietMs, horizonMs, outPauseMs, inPauseMs },
  };
}

class Autoscaler {
  readonly #options: AutoscalerOptions;
  readonly #terms: ScaleTerms;
  readonly #window: LoadWindow;
  #state = NO_ADVICE;
  #advice = NOTHING_KNOWN;

  constructor(options: AutoscalerOptions) {
    const { settings } = options;
    this.#options = options;
    this.#terms = scaleTerms(settings);
    const keepMs = Math.max(settings.quietMs, settings.windowMs);
    this.#window = new LoadWindow({ keepMs, staleMs: 3 * settings.sampleMs, maxNodes: MAX_NODES });
  }

  get name(): string {
    const { action, nodes, wanted } = this.#advice;
    return `${action}: ${wanted} of ${nodes}`;
  }

  receive(message: AutoscalerMessage, ctx: Ctx): this {
    const nowMs = ctx.system.clock.monotonicMs();
    switch (message.type) {
      case 'sample':
        ctx.setTimer('sample', this.#options.settings.sampleMs, { type: 'sample' });
        this.#sample(nowMs);
        break;
      case 'heard':
        this.#heard(message.data, nowMs);
        break;
      case 'advice':
        message.replyTo.tell(this.#advice);
    }
    return this;
  }

  #sample(nowMs: number): void {
    const { self, look, bus, cluster, deciding } = this.#options;
    const figures: LoadFigures = { format: 'witan-load/1', ...self(), ...look() };
    this.#window.note(figures, nowMs);
    this.#publish(bus, topicSubject(cluster, LOAD_TOPIC), figures);
    const nodes = deciding();
    this.#window.look(nodes, nowMs);
    const before = this.#advice;
    const { advice, state } = advise(this.#window.samples, this.#terms, this.#state);
    this.#advice = advice;
    this.#state = state;
    this.#export(advice);
    if (advice.isKnown && isNews(before, advice)) this.#tell(advice, [...nodes.keys()].sort()[0]);
  }

  #heard(data: Uint8Array, nowMs: number): void {
    try {
      const parsed = LoadFigures.safeParse(JSON.parse(new TextDecoder().decode(data)));
      if (parsed.success && parsed.data.node !== this.#options.self().node)
        this.#window.note(parsed.data, nowMs);
    } catch {
      // Not ours to read: a node of another version, or nobody of the cluster.
    }
  }

  #export({ isKnown, nodes, wanted, triggers }: ScaleAdvice): void {
    const { telemetry } = this.#options;
    telemetry.gauge('scale_nodes', nodes);
    if (!isKnown) return;
    telemetry.gauge('scale_wanted', wanted);
    for (const { name, expected, threshold } of triggers)
      telemetry.gauge('scale_pressure', expected / threshold, { trigger: name });
  }

  /** Every node counts it; one says it aloud. */
  #tell(advice: ScaleAdvice, speaker: string | undefined): void {
    const { telemetry, self, bus, cluster } = this.#options;
    const { action, nodes, wanted } = advice;
    telemetry.count('scale_changes', 1, { action });
    if (self().node !== speaker) return;
    const firing = advice.triggers.filter(({ isFiring }) => isFiring).map(({ name }) => name);
    telemetry.log('info', PATH, 'scale advice', { action, nodes, wanted, triggers: firing.join(' ') });
    this.#publish(bus, topicSubject(cluster, ADVICE_TOPIC), advice);
  }

  #publish(bus: Pick<BusPort, 'publish'>, subject: string, value: object): void {
    try {
      bus.publish(subject, new TextEncoder().encode(JSON.stringify(value)));
    } catch (error) {
      this.#options.telemetry.log('warn', PATH, 'nothing can be told to other nodes', {
        code: toWitanError(error).code,
      });
    }
  }
}

/** Before the first look. */
const NOTHING_KNOWN: ScaleAdvice = { action: 'hold', nodes: 0, wanted: 0, isKnown: false, triggers: [] };

/** Whether somebody who follows the advice learns something. */
function isNews(before: ScaleAdvice, now: ScaleAdvice): boolean {
  const firing = ({ triggers }: ScaleAdvice): string =>
    triggers.flatMap(({ name, isFiring }) => (isFiring ? [name] : [])).join(' ');
  return (
    before.action !== now.action ||
    (now.action !== 'hold' && before.wanted !== now.wanted) ||
    firing(before) !== firing(now)
  );
}
