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
  /** A whole cluster instead of one node. */
  readonly isCluster: boolean;
  /** Every planted fault is looked for, each among that many seeds. */
  readonly plants: boolean;
}

/** Text of `--help`. */
export const USAGE = `npm run sim -- [options]
  --seeds N      how many seeds (default 100)
  --from N       first seed (default 1)
  --seed S       this seed alone; SEED=S does the same
  --trace        print the trace of each seed
  --plant NAME   put a planted fault in; see --plant list
  --plants       with --cluster: look for each planted fault among so many seeds (default 40)
  --cluster      a whole cluster: membership, shards, remote actors, replicated record, decisions
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
  const isCluster = flags.has('--cluster');
  const plants = flags.has('--plants');
  if (plants && !isCluster) throw new TypeError('--plants needs --cluster');
  const single = values.get('--seed') ?? env.SEED;
  const seeds = single === undefined ? whole('--seeds', values.get('--seeds') ?? (plants ? '40' : '100')) : 1;
  const plant = values.get('--plant');
  const isSampled =
    seeds >= SAMPLE_FROM_SEEDS && !isCluster && plant === undefined && !flags.has('--no-coverage');
  return {
    seeds,
    from: whole('--from', single ?? values.get('--from') ?? '1'),
    isCluster,
    plants,
    trace: flags.has('--trace') || (isCluster && single !== undefined),
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
  '--cluster',
  '--plants',
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
