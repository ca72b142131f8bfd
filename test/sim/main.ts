/** `npm run sim`: many seeds, or one of them again. Exit code 1: an invariant is broken; 2: usage. */
import { cpus } from 'node:os';
import { measureCoverage } from './command/coverage.ts';
import type { Coverage } from './command/coverage.ts';
import { parseOptions, USAGE } from './command/options.ts';
import type { SimOptions } from './command/options.ts';
import { printable, replayCommand, Tally } from './command/report.ts';
import { runSeed, runSeeds, serveSeeds } from './command/workers.ts';
import type { TimedReport } from './command/workers.ts';
import { CLUSTER_INVARIANTS } from './cluster/invariants/names.ts';
import { CLUSTER_PLANTS, clusterPlantNamed } from './cluster/plants/all.ts';
import { findPlants, plantTable } from './cluster/plants/find-plants.ts';
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
  const named = options.isCluster ? clusterPlantNamed : plantNamed;
  if (options.plant !== undefined && !named(options.plant))
    return listPlants(options.plant, options.isCluster);
  try {
    process.exitCode = await (options.plants ? runPlants(options) : run(options));
  } catch (error) {
    process.stderr.write(`\n${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function listPlants(asked: string, isCluster: boolean): void {
  for (const { name, breaks, what } of isCluster ? CLUSTER_PLANTS : PLANTS) {
    process.stdout.write(`${name.padEnd(22)}${String(breaks).padEnd(26)} ${what}\n`);
  }
  if (asked !== 'list') process.exitCode = 2;
}

/** Looks for every planted fault of the cluster; each has to be found. */
async function runPlants({ seeds, json }: SimOptions): Promise<number> {
  const found = await findPlants({
    seeds,
    onFound: ({ plant }) => process.stderr.write(`${plant} `),
  });
  process.stderr.write('\n');
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : plantTable(found));
  return found.every(({ seed }) => seed !== undefined) ? 0 : 1;
}

async function run(options: SimOptions): Promise<number> {
  const tally = new Tally();
  const seeds = Array.from({ length: options.seeds }, (_, at) => options.from + at);
  if (options.coverage !== 'only') await runAll(options, seeds, tally);
  const coverage = options.coverage === 'no' ? [] : await sampled(options, seeds);
  const invariants = options.isCluster ? Object.keys(CLUSTER_INVARIANTS) : undefined;
  const summary = tally.summary(coverage, invariants);
  process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : printable(summary, options));
  return summary.failed.length > 0 ? 1 : 0;
}

async function runAll(options: SimOptions, seeds: readonly number[], tally: Tally): Promise<void> {
  const { plant, trace: keepTrace, jobs, json, isCluster } = options;
  const progress = progressLine(tally, seeds.length);
  const onReport = (timed: TimedReport): void => {
    tally.add(timed);
    const { seed, trace, traceHash, violations } = timed.report;
    if (keepTrace && !json) process.stdout.write(`${trace.join('\n')}\nseed ${seed}: trace ${traceHash}\n`);
    if (violations.length > 0) {
      const [first] = violations;
      process.stderr.write(
        `\nseed ${seed}: ${first!.invariant}: ${first!.what}\n${replayCommand(seed, options)}\n`,
      );
    }
    progress();
  };
  if (seeds.length === 1) onReport(await runSeed({ seed: seeds[0]!, plant, keepTrace, isCluster }));
  else await runSeeds({ seeds, jobs, main: import.meta.filename, onReport, plant, keepTrace, isCluster });
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

async function sampled({ jobs, from, isCluster }: SimOptions, seeds: readonly number[]): Promise<Coverage[]> {
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
    isCluster,
  });
}
