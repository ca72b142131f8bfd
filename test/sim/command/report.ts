/** Adds reports up and prints them. */
import type { Violation } from '../invariants/invariant.ts';
import { PAIR_INVARIANTS, RUN_INVARIANTS } from '../invariants/all.ts';
import type { Coverage } from './coverage.ts';
import type { TimedReport } from './workers.ts';

/** Everything that a run of many seeds showed. */
export interface Summary {
  readonly seedCount: number;
  readonly failed: readonly { readonly seed: number; readonly violations: readonly Violation[] }[];
  readonly faults: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly stepCount: number;
  /** Times from the end of the faults until all was whole again, ms; clusters alone. */
  readonly healed?: { readonly medianMs: number; readonly worstMs: number };
  readonly slowest: { readonly seed: number; readonly elapsedMs: number };
  readonly elapsedMs: number;
  readonly invariants: readonly string[];
  readonly coverage: readonly Coverage[];
}

const NODE_INVARIANTS = [...RUN_INVARIANTS, ...PAIR_INVARIANTS].map(({ name }) => name);

/** Collects reports as they come. */
export class Tally {
  readonly #startedMs = performance.now();
  readonly #failed: { seed: number; violations: readonly Violation[] }[] = [];
  readonly #faults: Record<string, number> = {};
  readonly #outcomes: Record<string, number> = {};
  readonly #healedMs: number[] = [];
  #slowest = { seed: 0, elapsedMs: 0 };
  #stepCount = 0;
  seedCount = 0;

  add({ report, elapsedMs }: TimedReport): void {
    this.seedCount += 1;
    this.#stepCount += report.stepCount;
    addTo(this.#faults, report.faults);
    addTo(this.#outcomes, report.outcomes);
    if (report.healedMs !== undefined) this.#healedMs.push(report.healedMs);
    if (report.violations.length > 0) this.#failed.push({ seed: report.seed, violations: report.violations });
    if (elapsedMs > this.#slowest.elapsedMs) this.#slowest = { seed: report.seed, elapsedMs };
  }

  /** One line of progress out of `total` seeds. */
  progress(total: number): string {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const rate = this.seedCount / Math.max(0.001, seconds);
    const leftS = Math.ceil((total - this.seedCount) / Math.max(0.001, rate));
    const done = `${this.seedCount}/${total} seeds, ${rate.toFixed(1)}/s`;
    return `${done}, ${leftS} s left, ${this.#failed.length} failed`;
  }

  summary(coverage: readonly Coverage[], invariants: readonly string[] = NODE_INVARIANTS): Summary {
    const healed = [...this.#healedMs].sort((left, right) => left - right);
    const [medianMs, worstMs] = [healed[healed.length >> 1], healed.at(-1)];
    return {
      seedCount: this.seedCount,
      failed: this.#failed.sort((left, right) => left.seed - right.seed),
      faults: sorted(this.#faults),
      outcomes: sorted(this.#outcomes),
      stepCount: this.#stepCount,
      slowest: this.#slowest,
      elapsedMs: performance.now() - this.#startedMs,
      ...(medianMs !== undefined && { healed: { medianMs, worstMs: worstMs! } }),
      invariants,
      coverage,
    };
  }
}

/** The summary for people. */
export function printable(summary: Summary, replay: Replay): string {
  const { failed, faults, outcomes, slowest, invariants, coverage, healed } = summary;
  const whole =
    healed && `Whole again after the faults: median ${healed.medianMs} ms, worst ${healed.worstMs} ms`;
  const seconds = (summary.elapsedMs / 1_000).toFixed(1);
  const verdict = failed.length === 0 ? 'green' : `${failed.length} failed`;
  const lines = [
    section('Faults', faults),
    section(replay.isCluster ? 'What was done' : 'Recorded verdicts', outcomes),
    ['Invariants, checked for each seed', ...invariants].join('\n  '),
    ...coverage.map(coverageLine),
    ...(whole === undefined ? [] : [whole]),
    `${summary.stepCount} messages and deliveries`,
    `Slowest seed ${slowest.seed}: ${slowest.elapsedMs.toFixed(0)} ms`,
    ...failed.flatMap(({ seed, violations }) => failure(seed, violations, replay)),
    `${summary.seedCount} seeds in ${seconds} s: ${verdict}`,
  ];
  return `${lines.join('\n')}\n`;
}

function coverageLine({ room, branchShare, lineShare, seedCount }: Coverage): string {
  const shares = `branches ${branchShare.toFixed(1)} %, lines ${lineShare.toFixed(1)} %`;
  return `Coverage of ${room}, ${seedCount} seeds: ${shares}`;
}

/** What a seed was run with. */
export interface Replay {
  readonly plant?: string | undefined;
  readonly isCluster?: boolean | undefined;
}

/** How to see a seed again. */
export function replayCommand(seed: number, { plant, isCluster }: Replay): string {
  const cluster = isCluster ? '--cluster ' : '';
  return `npm run sim -- ${cluster}--seed ${seed} --trace${plant === undefined ? '' : ` --plant ${plant}`}`;
}

function failure(seed: number, violations: readonly Violation[], replay: Replay): string[] {
  const shown = violations.slice(0, 5).map(({ invariant, what }) => `    ${invariant}: ${what}`);
  const more = violations.length > shown.length ? [`    and ${violations.length - shown.length} more`] : [];
  return [`  seed ${seed} failed; replay: ${replayCommand(seed, replay)}`, ...shown, ...more];
}

function section(title: string, counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).map(
    ([name, count]) => `  ${name.padEnd(36)}${String(count).padStart(9)}`,
  );
  return [title, ...rows].join('\n');
}

function addTo(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count;
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([left], [right]) => (left < right ? -1 : 1)));
}
