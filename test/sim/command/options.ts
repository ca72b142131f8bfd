/** What the command line of the simulator says. */

/** Parsed options; see `USAGE`. */
export interface SimOptions {
  readonly from: number;
  readonly seeds: number;
  readonly trace: boolean;
  readonly json: boolean;
  readonly jobs: number;
  readonly plant: string | undefined;
  readonly help: boolean;
  /** Whether coverage is measured, on a sample of the seeds; `only`: nothing else is done. */
  readonly coverage: 'yes' | 'no' | 'only';
  readonly isWorker: boolean;
}

/** Text of `--help`. */
export const USAGE = `npm run sim -- [options]
  --seeds N      how many seeds (default 100)
  --from N       first seed (default 1)
  --seed S       this seed alone; SEED=S does the same
  --trace        print the trace of each seed
  --plant NAME   put a planted fault in; see --plant list
  --jobs N       processes (default: one for each core, at most 8)
  --coverage     measure branch coverage alone, on a sample of the seeds
  --no-coverage  do not measure it
  --json         one JSON object on standard output instead of tables
`;

const SAMPLE_FROM_SEEDS = 200;

/** @throws TypeError for an option that is none, or a number that is none */
export function parseOptions(
  args: readonly string[],
  env: { SEED?: string | undefined },
  cores: number,
): SimOptions {
  const rest = [...args];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (VALUED.has(arg)) values.set(arg, requireValue(arg, rest.shift()));
    else if (FLAGS.has(arg)) flags.add(arg);
    else throw new TypeError(`unknown option ${arg}`);
  }
  const single = values.get('--seed') ?? env.SEED;
  const seeds = single === undefined ? whole('--seeds', values.get('--seeds') ?? '100') : 1;
  const plant = values.get('--plant');
  const isSampled = seeds >= SAMPLE_FROM_SEEDS && plant === undefined && !flags.has('--no-coverage');
  return {
    seeds,
    from: whole('--from', single ?? values.get('--from') ?? '1'),
    trace: flags.has('--trace'),
    json: flags.has('--json'),
    help: flags.has('--help'),
    isWorker: flags.has('--worker'),
    jobs: Math.max(1, whole('--jobs', values.get('--jobs') ?? String(Math.min(8, cores)))),
    plant,
    coverage: flags.has('--coverage') ? 'only' : isSampled ? 'yes' : 'no',
  };
}

const VALUED: ReadonlySet<string> = new Set(['--seeds', '--from', '--seed', '--plant', '--jobs']);
const FLAGS: ReadonlySet<string> = new Set([
  '--trace',
  '--json',
  '--help',
  '--worker',
  '--coverage',
  '--no-coverage',
]);

function requireValue(option: string, value: string | undefined): string {
  if (value === undefined) throw new TypeError(`${option} needs a value`);
  return value;
}

function whole(option: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new TypeError(`${option} needs a whole number, not ${value}`);
  return Number(value);
}
