/** From a seed to a scenario. */
import type { SeededRandom } from '../../../runtime/kernel/index.ts';
import { between, chanceOf, pick } from './chance.ts';
import type { Mood } from './minds.ts';
import { TIMED_FAULTS } from './scenario.ts';
import type {
  NetworkWeather,
  PlannedDecision,
  PlannedFault,
  PlannedSubmission,
  Scenario,
} from './scenario.ts';

const WORKLOAD_MS = 2_000;
const FAULTS_END_MS = 5_000;
const PATIENT_TRIES = 4;
const MOODS: readonly Mood[] = ['calm', 'calm', 'edge', 'edge', 'worried', 'critical'];
const TYPES = ['chat', 'chat', 'chat', 'payment', 'loan', 'social-scoring'];
/** Faults from which most can go wrong: drawn more often than the others. */
const GRAVE_FAULTS = [
  'node-crash',
  'node-crash-at-append',
  'session-crash-at-append',
  'disk-slow',
  'write-error',
  'reply-silent',
] as const;
const CALM_WEATHER: NetworkWeather = {
  dropShare: 0,
  duplicateShare: 0,
  delayShare: 0,
  delayMaxMs: 0,
  isRemote: false,
};

/** Scenario of a seed: several decisions in flight, and a few faults among them. */
export function planScenario(seed: number): Scenario {
  const chance = chanceOf(seed, 'scenario');
  const decisions = Array.from({ length: between(chance, 4, 8) }, (_, at) => planDecision(seed, at));
  return {
    seed,
    decisions,
    faults: planFaults(chanceOf(seed, 'faults')),
    network: planWeather(chanceOf(seed, 'weather')),
    creditCount: chance.next() < 0.4 ? between(chance, 1, 3) : 16,
    maxRounds: chance.next() < 0.1 ? 1 : 2,
    tallyForm:
      chance.next() < 0.8 ? 'weight-normalised' : pick(chance, ['raw', 'confidence-normalised'] as const),
    diskMaxMs: pick(chance, [0, 2, 10, 40]),
    segmentBytes: pick(chance, [65_536, 131_072]),
    isJournalKept: chance.next() < 0.5,
    isIndexKept: chance.next() < 0.5,
    faultsEndMs: FAULTS_END_MS,
  };
}

/** The same decisions without anything that goes wrong around them: what seats think and do stays. */
export function calmed(scenario: Scenario): Scenario {
  const decisions = scenario.decisions.map((decision) => ({
    ...decision,
    submissions: [{ atMs: decision.submissions[0]!.atMs, isSamePayload: true, tries: PATIENT_TRIES }],
    fields: { ...decision.fields, council: 'always', deadlineMs: 5_000 },
  }));
  return {
    ...scenario,
    decisions,
    faults: [],
    network: CALM_WEATHER,
    creditCount: 64,
    diskMaxMs: 0,
    faultsEndMs: WORKLOAD_MS,
  };
}

function planDecision(seed: number, at: number): PlannedDecision {
  const chance = chanceOf(seed, 'decision', at);
  const type = pick(chance, TYPES);
  const fields: Record<string, unknown> = { type };
  if (chance.next() < 0.55) fields['council'] = 'always';
  if (chance.next() < 0.4) fields['risk_level'] = pick(chance, ['low', 'medium', 'high', 'critical']);
  if (chance.next() < 0.5) fields['deadlineMs'] = pick(chance, [60, 400, 900, 1_500, 3_000]);
  if (type === 'payment') fields['context'] = { amount: between(chance, 100, 20_000) };
  const links = at > 0 && chance.next() < 0.3 ? linkOf(chance, at) : {};
  return {
    key: `key-${at}`,
    tenant: pick(chance, ['acme', 'beta']),
    mood: pick(chance, MOODS),
    fields,
    ...links,
    submissions: planSubmissions(chance),
  };
}

function linkOf(chance: SeededRandom, at: number): Pick<PlannedDecision, 'retryOfKey' | 'sameTextAs'> {
  const earlier = `key-${chance.below(at)}`;
  return chance.next() < 0.5 ? { retryOfKey: earlier } : { sameTextAs: earlier };
}

function planSubmissions(chance: SeededRandom): PlannedSubmission[] {
  const firstMs = chance.below(WORKLOAD_MS);
  const submissions: PlannedSubmission[] = [{ atMs: firstMs, isSamePayload: true, tries: triesOf(chance) }];
  const extraCount = chance.next() < 0.5 ? between(chance, 1, 2) : 0;
  for (let extra = 0; extra < extraCount; extra += 1) {
    // Some come while the first is on its way, some after it has ended.
    const laterMs = chance.next() < 0.5 ? chance.below(30) : chance.below(2_500);
    const isSamePayload = chance.next() < 0.65;
    const budgetMs = chance.next() < 0.2 ? between(chance, 50, 800) : undefined;
    const limit = budgetMs === undefined ? {} : { budgetMs };
    submissions.push({ atMs: firstMs + laterMs, isSamePayload, tries: triesOf(chance), ...limit });
  }
  return submissions;
}

/** Half of the callers give up at the first error, and leave what they began to the node. */
function triesOf(chance: SeededRandom): number {
  return chance.next() < 0.5 ? 1 : PATIENT_TRIES;
}

function planFaults(chance: SeededRandom): PlannedFault[] {
  const count = chance.next() < 0.15 ? 0 : between(chance, 1, 7);
  return Array.from({ length: count }, () => ({
    kind: chance.next() < 0.25 ? pick(chance, GRAVE_FAULTS) : pick(chance, TIMED_FAULTS),
    atMs: between(chance, 5, 3_800),
    forMs: pick(chance, [20, 200, 800]),
    choice: chance.uint32(),
  })).sort((left, right) => left.atMs - right.atMs);
}

function planWeather(chance: SeededRandom): NetworkWeather {
  if (chance.next() < 0.3) return CALM_WEATHER;
  return {
    dropShare: pick(chance, [0, 0.01, 0.05]),
    duplicateShare: pick(chance, [0, 0.05, 0.2]),
    delayShare: pick(chance, [0.1, 0.5]),
    delayMaxMs: pick(chance, [5, 60, 900]),
    isRemote: chance.next() < 0.3,
  };
}
