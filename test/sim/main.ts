/** `npm run sim`: many seeds, or one of them again. Exit code 1: an invariant is broken; 2: usage. */
import { cpus } from 'node:os';
import { measureCoverage } from './command/coverage.ts';
import type { Coverage } from './command/coverage.ts';
import { parseOptions, USAGE } from './command/options.ts';
import type { SimOptions } from './command/options.ts';
import { printable, replayCommand, Tally } from './command/report.ts';
import { runSeed, runSeeds, serveSeeds } from './command/workers.ts';
import type { TimedReport } from './command/workers.ts';
import { PLANTS, plantNamed } from './plants/all.ts';

/** Seeds under which coverage is measured: more of them add little. */
const COVERAGE_SEEDS = 80;

await main();

async function main(): Promise<void> {
  let options: SimOptions;
  try {
    options = parseOptions(process.argv.slice(2), { SEED: process.env['SEED'] }, cpus().length);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  if (options.isWorker) return serveSeeds(process);
  if (options.help) return void process.stdout.write(USAGE);
  if (options.plant !== undefined && !plantNamed(options.plant)) return listPlants(options.plant);
  try {
    process.exitCode = await run(options);
  } catch (error) {
    process.stderr.write(`\n${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function listPlants(asked: string): void {
  for (const { name, breaks, what } of PLANTS) {
    process.stdout.write(`${name.padEnd(22)}${breaks.padEnd(26)}${what}\n`);
  }
  if (asked !== 'list') process.exitCode = 2;
}

async function run(options: SimOptions): Promise<number> {
  const tally = new Tally();
  const seeds = Array.from({ length: options.seeds }, (_, at) => options.from + at);
  if (options.coverage !== 'only') await runAll(options, seeds, tally);
  const coverage = options.coverage === 'no' ? [] : await sampled(options, seeds);
  const summary = tally.summary(coverage);
  process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : printable(summary, options.plant));
  return summary.failed.length > 0 ? 1 : 0;
}

async function runAll(options: SimOptions, seeds: readonly number[], tally: Tally): Promise<void> {
  const { plant, trace: keepTrace, jobs, json } = options;
  const progress = progressLine(tally, seeds.length);
  const onReport = (timed: TimedReport): void => {
    tally.add(timed);
    const { seed, trace, traceHash, violations } = timed.report;
    if (keepTrace && !json) process.stdout.write(`${trace.join('\n')}\nseed ${seed}: trace ${traceHash}\n`);
    if (violations.length > 0) {
      const [first] = violations;
      process.stderr.write(
        `\nseed ${seed}: ${first!.invariant}: ${first!.what}\n${replayCommand(seed, plant)}\n`,
      );
    }
    progress();
  };
  if (seeds.length === 1) onReport(await runSeed({ seed: seeds[0]!, plant, keepTrace }));
  else await runSeeds({ seeds, jobs, main: import.meta.filename, onReport, plant, keepTrace });
  process.stderr.write('\n');
}

/** Progress: on a terminal in place, twice a second; elsewhere a line every ten seconds. */
function progressLine(tally: Tally, total: number): () => void {
  const { isTTY } = process.stderr;
  let nextMs = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs < nextMs && tally.seedCount < total) return;
    nextMs = nowMs + (isTTY ? 500 : 10_000);
    process.stderr.write(isTTY ? `\r${tally.progress(total)}   ` : `${tally.progress(total)}\n`);
  };
}

async function sampled({ jobs, from }: SimOptions, seeds: readonly number[]): Promise<Coverage[]> {
  const sample = seeds.slice(0, COVERAGE_SEEDS);
  process.stderr.write(`measuring coverage on ${sample.length} seeds from ${from}\n`);
  const onReport = (): void => undefined;
  return measureCoverage({
    seeds: sample,
    jobs,
    main: import.meta.filename,
    onReport,
    plant: undefined,
    keepTrace: false,
  });
}
