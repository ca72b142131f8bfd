/** Checks one seed: its run with faults, and its decisions replayed in calm with single changes. */
import type { FinalPayload } from '../../contracts/messages/final.ts';
import type { OpenedPayload } from '../../contracts/messages/session.ts';
import { RUN_INVARIANTS } from './invariants/all.ts';
import { ballotOrder, finalsOf, lostSeat, surerRejection } from './invariants/council/metamorphic.ts';
import type { PairInvariant, Violation } from './invariants/invariant.ts';
import type { Plant } from './plants/plant.ts';
import { runScenario } from './run-scenario.ts';
import type { RunResult } from './run-scenario.ts';
import { chanceOf, pick } from './scenario/chance.ts';
import { isVetoSeat } from './scenario/minds.ts';
import { calmed, planScenario } from './scenario/plan-scenario.ts';
import type { Scenario } from './scenario/scenario.ts';
import { loggedDecisions } from './world/history.ts';
import type { Change } from './world/world.ts';

/** What a seed showed. */
export interface SeedReport {
  readonly seed: number;
  /** Hash over the traces of all its runs. */
  readonly traceHash: string;
  readonly violations: readonly Violation[];
  readonly faults: Readonly<Record<string, number>>;
  /** Recorded verdicts by outcome or reason of the hold. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly stepCount: number;
  /** Time from the end of the faults until all was whole again, ms of simulated time; clusters alone. */
  readonly healedMs?: number;
  /** Trace of the run with faults, when it was asked for. */
  readonly trace: readonly string[];
}

/** Settings of a check. */
export interface CheckOptions {
  readonly plant?: Plant | undefined;
  readonly keepTrace?: boolean | undefined;
  /** Run with faults alone, replays in calm alone, or both (default). */
  readonly part?: 'faults' | 'replays' | 'both' | undefined;
}

/** Runs a seed and judges what it shows. */
export async function checkSeed(seed: number, options: CheckOptions = {}): Promise<SeedReport> {
  const { plant, keepTrace, part = 'both' } = options;
  const scenario = planScenario(seed);
  const run = part === 'replays' ? undefined : await runScenario(scenario, { plant, keepTrace });
  const replays = part === 'faults' ? NO_REPLAYS : await replayChanged(scenario, plant);
  const runs = run ? [run, ...replays.runs] : replays.runs;
  return {
    seed,
    traceHash: runs.map(({ traceHash }) => traceHash.slice(0, 16)).join('-'),
    violations: [...(run ? judge(run) : []), ...replays.violations],
    faults: run?.faults ?? {},
    outcomes: run ? outcomesOf(run) : {},
    stepCount: runs.reduce((sum, { stepCount }) => sum + stepCount, 0),
    trace: run?.trace ?? [],
  };
}

function judge(run: RunResult): Violation[] {
  return RUN_INVARIANTS.flatMap(({ name, check }) => check(run).map((what) => ({ invariant: name, what })));
}

interface Replays {
  readonly runs: RunResult[];
  readonly violations: Violation[];
}

const NO_REPLAYS: Replays = { runs: [], violations: [] };

/** The seed's decisions without faults around them, then with each change. */
async function replayChanged(scenario: Scenario, plant: Plant | undefined): Promise<Replays> {
  const calm = onlyCouncil(calmed(scenario));
  const before = await runScenario(calm, { plant });
  const replays: Replays = { runs: [before], violations: judge(before) };
  const compare = async (invariant: PairInvariant, after: Promise<RunResult> | undefined): Promise<void> => {
    const run = await after;
    if (!run) return;
    replays.runs.push(run);
    const { name } = invariant;
    replays.violations.push(...invariant.check(before, run).map((what) => ({ invariant: name, what })));
  };
  const surer = changeFor(before, 'surer');
  const lost = changeFor(before, pick(chanceOf(scenario.seed, 'loss'), ['lost', 'lost-in-round-2']));
  await compare(surerRejection, surer && runScenario(calm, { plant, change: surer }));
  await compare(lostSeat, lost && runScenario(calm, { plant, change: lost }));
  const weather = { ...calm.network, duplicateShare: 0.3, delayShare: 0.7, delayMaxMs: 8 };
  await compare(ballotOrder, runScenario({ ...calm, network: weather }, { plant, shuffle: 1 }));
  return replays;
}

/** At most four of the decisions: those that a council can be asked about. */
function onlyCouncil(scenario: Scenario): Scenario {
  const decisions = scenario.decisions.filter(({ fields }) => fields['type'] !== 'social-scoring');
  return { ...scenario, decisions: decisions.slice(0, 4) };
}

/** For each decision that was not approved: its rejecting seats, or one or two that may be lost. */
function changeFor(before: RunResult, kind: Change['kind']): Change | undefined {
  const seats = new Map<string, ReadonlySet<string>>();
  const finals = finalsOf(before);
  for (const { decisionId, opened } of loggedDecisions(before.history)) {
    const final = finals.get(decisionId);
    if (!final || final.body.outcome === 'approved') continue;
    const chosen = seatsToChange(before.scenario.seed, { final, decisionId, kind });
    const { request } = opened.payload as OpenedPayload;
    if (chosen.size > 0) seats.set(request.idempotencyKey!, chosen);
  }
  return seats.size === 0 ? undefined : { kind, seats };
}

function seatsToChange(
  seed: number,
  { final, decisionId, kind }: { final: FinalPayload; decisionId: string; kind: Change['kind'] },
): ReadonlySet<string> {
  const words = [...final.superseded, ...final.ballots].filter(({ body }) => body.round === 1);
  const fitting = words
    .filter(({ body }) => body.scoreBp < 5_000 || (kind !== 'surer' && isVetoSeat(body.seat)))
    .map(({ body }) => body.seat as string);
  if (fitting.length === 0 || kind === 'surer') return new Set(fitting);
  const chance = chanceOf(seed, kind, decisionId);
  const seats = [pick(chance, fitting), pick(chance, fitting)];
  return new Set(seats.slice(0, chance.next() < 0.7 ? 1 : 2));
}

function outcomesOf({ history }: RunResult): Record<string, number> {
  const outcomes: Record<string, number> = {};
  for (const { finals } of loggedDecisions(history)) {
    const { body } = (finals[0]?.payload ?? { body: { outcome: 'open' } }) as FinalPayload;
    const name = body.heldReason ? `held: ${body.heldReason}` : `${body.outcome} by ${body.decidedBy}`;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
  }
  return outcomes;
}
