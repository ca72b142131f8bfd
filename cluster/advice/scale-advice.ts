/** How many nodes there should be, from what was seen of their load (SCA-01, SCA-02, SCA-05): pure. */
import { SCALE_TRIGGERS } from '../../contracts/messages/cluster/load.ts';
import type { ScaleAdvice, ScaleTrigger, ScaleTriggerView } from '../../contracts/messages/cluster/load.ts';
import { trendOf } from './load-sample.ts';
import type { LoadSample } from './load-sample.ts';
import { MAX_STEP, RELIEF, REMEDIES } from './scale-terms.ts';
import type { ScaleTerms } from './scale-terms.ts';

/** What advice remembers of itself. */
export interface ScaleState {
  readonly firing: ReadonlySet<ScaleTrigger>;
  /** Number that was advised last; undefined: none yet. */
  readonly wanted: number | undefined;
  /** When it last rose, and when it last changed at all; monotonic. */
  readonly roseAtMs: number;
  readonly changedAtMs: number;
}

/** Before the first look. */
export const NO_ADVICE: ScaleState = {
  firing: new Set(),
  wanted: undefined,
  roseAtMs: -Infinity,
  changedAtMs: -Infinity,
};

/** Fewer looks than this are chance. */
const MIN_SAMPLES = 3;

/**
 * Advice after the last of `samples`, which are in order and reach back for `quietMs` at most.
 *
 * A trigger fires above its threshold, over a window or where its trend leads, and is over below 0.8 of it.
 * Nodes are added in proportion to the worst, at most twice as many; one is taken away when the rest would
 * stay below 0.8 of every threshold, for all of `quietMs`. Between two changes stands a pause.
 */
export function advise(
  samples: readonly LoadSample[],
  terms: ScaleTerms,
  state: ScaleState,
): { readonly advice: ScaleAdvice; readonly state: ScaleState } {
  const last = samples.at(-1);
  const nodes = last?.nodes.length ?? 0;
  const nowMs = last?.atMs ?? 0;
  const recent = samples.filter(({ atMs }) => atMs > nowMs - terms.windowMs);
  const isKnown = recent.length >= MIN_SAMPLES && nowMs - recent[0]!.atMs >= terms.windowMs / 2;
  if (!isKnown) {
    const wanted = state.wanted ?? nodes;
    return { advice: { action: 'hold', nodes, wanted, isKnown: false, triggers: [] }, state };
  }
  const triggers = SCALE_TRIGGERS.map((name) => viewOf(name, recent, { terms, state }));
  const firing = new Set(triggers.filter(({ isFiring }) => isFiring).map(({ name }) => name));
  const before = state.wanted ?? nodes;
  const wish = wishOf({ nodes, before, nowMs, triggers, samples }, terms);
  const wanted = isPaused({ wish, before, nowMs, nodes }, { terms, state }) ? before : wish;
  const roseAtMs = wanted > before && wanted > nodes ? nowMs : state.roseAtMs;
  const changedAtMs = wanted === before ? state.changedAtMs : nowMs;
  const action = wanted > nodes ? 'scale-out' : wanted < nodes ? 'scale-in' : 'hold';
  return {
    advice: { action, nodes, wanted, isKnown, triggers },
    state: { firing, wanted, roseAtMs, changedAtMs },
  };
}

function viewOf(
  name: ScaleTrigger,
  recent: readonly LoadSample[],
  { terms, state }: { readonly terms: ScaleTerms; readonly state: ScaleState },
): ScaleTriggerView {
  const remedy = REMEDIES[name];
  const threshold = terms.thresholds[name];
  // Only what more nodes can help with is worth a guess: they take their time to come.
  const { mean: value, expected } = trendOf(name, recent, remedy === 'nodes' ? terms.horizonMs : 0);
  const seen = remedy === 'nodes' ? expected : value;
  const isFiring = seen > threshold || (state.firing.has(name) && seen >= threshold * RELIEF);
  return { name, value, expected: seen, threshold, isFiring, remedy };
}

interface Look {
  readonly nodes: number;
  /** Number that was advised before. */
  readonly before: number;
  readonly nowMs: number;
  readonly triggers: readonly ScaleTriggerView[];
  readonly samples: readonly LoadSample[];
}

/** Number of nodes that the load asks for now, pauses left out. */
function wishOf({ nodes, before, nowMs, triggers, samples }: Look, terms: ScaleTerms): number {
  const clamp = (count: number): number => Math.min(terms.maxNodes, Math.max(terms.minNodes, count));
  const ofNodes = triggers.filter(({ remedy }) => remedy === 'nodes');
  const worst = Math.max(0, ...ofNodes.filter(({ isFiring }) => isFiring).map(pressureOf));
  if (worst > 0) {
    // What fires between relief and threshold holds what was advised; only what is above it adds.
    if (worst <= 1) return clamp(Math.max(nodes, before));
    return clamp(Math.max(nodes + 1, Math.ceil(nodes * Math.min(MAX_STEP, worst))));
  }
  const isLongEnough = nowMs - samples[0]!.atMs >= terms.quietMs * 0.9;
  const isCalm = ofNodes.every(({ name, threshold }) => {
    const { mean, expected } = trendOf(name, samples, terms.horizonMs);
    const left = Math.max(mean, expected, pressureOf(ofNodes.find((one) => one.name === name)!) * threshold);
    return (left * nodes) / Math.max(1, nodes - 1) < threshold * RELIEF;
  });
  return clamp(isLongEnough && isCalm ? nodes - 1 : nodes);
}

function pressureOf({ expected, threshold }: ScaleTriggerView): number {
  return expected / threshold;
}

interface Change {
  readonly wish: number;
  /** Number that was advised before. */
  readonly before: number;
  readonly nowMs: number;
  readonly nodes: number;
}

/** Whether it is too early for another number. */
function isPaused(
  { wish, before, nowMs, nodes }: Change,
  { terms, state }: { readonly terms: ScaleTerms; readonly state: ScaleState },
): boolean {
  // Nodes that came without being asked for are taken note of at once: nothing is asked for.
  if (wish > before) return wish > nodes && nowMs - state.roseAtMs < terms.outPauseMs;
  return wish < before && nowMs - state.changedAtMs < terms.inPauseMs;
}
