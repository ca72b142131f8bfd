/** Branch coverage of the production code under some seeds, by V8 and c8, in processes of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runSeeds } from './workers.ts';
import type { SeedRun } from './workers.ts';

/** Coverage of one room. */
export interface Coverage {
  readonly room: string;
  /** In percent. */
  readonly branchShare: number;
  readonly lineShare: number;
  readonly branchCount: number;
  readonly seedCount: number;
}

const ROOT = resolve(import.meta.dirname, '../../..');
const ROOMS: readonly string[] = ['runtime/kernel', 'council', 'agents/platform/orchestrator'];
const CLUSTER_ROOMS: readonly string[] = ['cluster', 'agents/platform/orchestrator'];
/** Parts of the kernel that no node runs: nact's surface, which has its own suite, and tools of tests. */
const EXCLUDED = ['runtime/kernel/nact/**', 'runtime/kernel/sim/**', '**/*.test.ts'] as const;

interface Counted {
  readonly total: number;
  readonly covered: number;
}

/** Measures the seeds of a run. Takes about twice the time of the run itself. */
export async function measureCoverage(run: SeedRun): Promise<Coverage[]> {
  const folder = await mkdtemp(join(tmpdir(), 'witan-sim-'));
  try {
    const temporary = join(folder, 'v8');
    await runSeeds({ ...run, env: { NODE_V8_COVERAGE: temporary } });
    const rooms = run.isCluster ? CLUSTER_ROOMS : ROOMS;
    const summary = await summarise(folder, temporary, rooms);
    return rooms.map((room) => coverageOf(room, summary, run.seeds.length));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function summarise(
  folder: string,
  temporary: string,
  rooms: readonly string[],
): Promise<Record<string, Record<string, Counted>>> {
  const c8 = join(dirname(createRequire(import.meta.url).resolve('c8/package.json')), 'bin/c8.js');
  const args = [
    'report',
    '--temp-directory',
    temporary,
    '--reports-dir',
    folder,
    '--reporter',
    'json-summary',
  ];
  for (const room of rooms) args.push('--include', `${room}/**`);
  for (const glob of EXCLUDED) args.push('--exclude', glob);
  await promisify(execFile)(process.execPath, [c8, ...args], { cwd: ROOT, maxBuffer: 64 * 1_048_576 });
  return JSON.parse(await readFile(join(folder, 'coverage-summary.json'), 'utf8')) as never;
}

function coverageOf(
  room: string,
  summary: Record<string, Record<string, Counted>>,
  seedCount: number,
): Coverage {
  const prefix = `${join(ROOT, room)}/`;
  const files = Object.entries(summary).filter(([file]) => file.startsWith(prefix));
  const sum = (kind: string): Counted =>
    files.reduce(
      (total, [, counts]) => ({
        total: total.total + counts[kind]!.total,
        covered: total.covered + counts[kind]!.covered,
      }),
      { total: 0, covered: 0 },
    );
  const share = ({ total, covered }: Counted): number => (total === 0 ? 0 : (covered * 100) / total);
  const branches = sum('branches');
  const percent = { branchShare: share(branches), lineShare: share(sum('lines')) };
  return { room, ...percent, branchCount: branches.total, seedCount };
}
