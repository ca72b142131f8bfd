/** One case: all subjects turn by turn, round after round, then the medians. */
import { median } from '../report/figure.ts';
import type { KernelCase } from './case-list.ts';
import { Player } from './player.ts';
import { loadSubject, SUBJECT_NAMES } from './subjects.ts';
import type { SubjectName } from './subjects.ts';

/** Medians of one subject by metric, or why there are none. */
export interface Standing {
  readonly subject: SubjectName;
  readonly medians: Readonly<Record<string, number>> | undefined;
  readonly note: string | undefined;
}

/** How long and how often. */
export interface ContestPace {
  readonly quick: boolean;
  readonly rounds: number;
  readonly roundMs: number;
  readonly limitMs: number;
}

/** Runs one case. The order turns with each round, so that nobody always follows the same neighbour. */
export async function runCase(kase: KernelCase, pace: ContestPace): Promise<readonly Standing[]> {
  const refusals = new Map<SubjectName, string>();
  const players: Player[] = [];
  for (const subject of SUBJECT_NAMES) {
    const why = (await loadSubject(subject)).cannot[kase.name];
    if (why !== undefined) refusals.set(subject, why);
    else players.push(new Player({ subject, caseName: kase.name, quick: pace.quick, limitMs: pace.limitMs }));
  }
  const figures = new Map<SubjectName, Record<string, number>[]>();
  for (let round = 0; round < pace.rounds; round += 1) {
    for (let turn = 0; turn < players.length; turn += 1) {
      const player = players[(turn + round) % players.length]!;
      const readings = await player.round(pace.roundMs);
      if (readings) figures.set(player.subject, [...(figures.get(player.subject) ?? []), { ...readings }]);
    }
  }
  for (const player of players) player.close();
  return SUBJECT_NAMES.map((subject) => {
    const failure = players.find((player) => player.subject === subject)?.failure;
    const rounds = figures.get(subject) ?? [];
    const medians = failure === undefined && rounds.length > 0 ? mediansOf(kase, rounds) : undefined;
    return { subject, medians, note: refusals.get(subject) ?? failure };
  });
}

function mediansOf(kase: KernelCase, rounds: readonly Record<string, number>[]): Record<string, number> {
  const medians: Record<string, number> = {};
  for (const metric of Object.keys(kase.units)) {
    const values = rounds.map((round) => round[metric]).filter((value) => value !== undefined);
    if (values.length > 0) medians[metric] = median(values);
  }
  const [none, all] = [medians['1'], medians['10000']];
  if (none !== undefined && all !== undefined) medians['growth'] = all / none;
  return medians;
}
