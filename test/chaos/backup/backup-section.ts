/** The backup under faults: kill -9 before each of its steps; the next one is whole, and restores. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARCHIVE_STEPS, BACKUP_STEPS } from '../../../runtime/store/archive/archive-steps.ts';
import type { ChaosRow, ChaosSection } from '../section.ts';
import { BACKED_EACH, BACKED_FILES, openChaosBackup } from './chaos-backup.ts';
import type { ChaosBackup } from './chaos-backup.ts';
import { SOURCE_FLAGS } from '../../source-flags.ts';

const CHILD = join(import.meta.dirname, 'backup-child.ts');
const STEPS = [...ARCHIVE_STEPS, ...BACKUP_STEPS];
/** Two days after the first backup: a batch is due, and what was left lying is no longer young. */
const NEXT_MS = 2 * 86_400_000 + 60_000;
/** The key's entry, and what was backed up before the one that is cut off. */
const BEFORE_COUNT = 1 + 3 * BACKED_EACH;
const AFTER_COUNT = BEFORE_COUNT + 2 * BACKED_EACH;

/** See the head of the file. */
export const backupSection: ChaosSection = async function* ({ isShort }) {
  for (const [at, step] of STEPS.entries()) {
    if (isShort && at % 4 !== 2) continue;
    for (const nth of isShort ? [1] : [1, 2]) yield await killedAt(step, nth);
  }
};

async function killedAt(step: string, nth: number): Promise<ChaosRow> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-chaos-'));
  const row = { section: 'backup', fault: `kill -9, ${step} (${nth})`, times: 1 };
  try {
    const wasKilled = await runChild(folder, step, nth);
    const { looked, lost, twice, faults } = await judged(folder);
    // The second passing of a step that is taken once tests nothing, and says so.
    if (!wasKilled && nth === 1) faults.push('the step was not passed');
    const held = lost === 0 && twice === 0 && faults.length === 0;
    const note = wasKilled ? '' : 'not passed that often';
    return { ...row, held, looked, lost, twice, detail: faults.join('; ') || note };
  } catch (error) {
    return { ...row, held: false, looked: 0, lost: 0, twice: 0, detail: String(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Judged {
  readonly looked: number;
  readonly lost: number;
  readonly twice: number;
  readonly faults: string[];
}

/** What the store gives back as the kill left it, and after the next backup. */
async function judged(folder: string): Promise<Judged> {
  const backup = await openChaosBackup(folder);
  const faults: string[] = [];
  try {
    const between = await restored(backup, join(folder, 'between'));
    if (between.size < BEFORE_COUNT) faults.push(`${between.size} entries before the next backup`);
    if (!['three', 'four'].includes(between.point)) faults.push(`a point of ${between.point} in between`);
    if (!['three', 'four'].includes(between.newest)) faults.push(`keys of ${between.newest} in between`);
    await backup.change('five');
    await backup.write(NEXT_MS);
    const after = await restored(backup, join(folder, 'after'));
    if (after.point !== 'five' || after.newest !== 'five')
      faults.push(`files of ${after.point}, keys of ${after.newest}`);
    const left = await backup.left();
    if (left.points !== 1) faults.push(`${left.points} points are left`);
    if (left.newest !== 1) faults.push(`${left.newest} versions of destroyed keys are left`);
    if (left.orphans !== 0) faults.push(`${left.orphans} packs that no manifest names are left`);
    const lost = Math.max(0, AFTER_COUNT - after.size);
    return { looked: after.size, lost, twice: Math.max(0, after.size - AFTER_COUNT), faults };
  } finally {
    await backup.close();
  }
}

/** Restores, which verifies every entry under the pinned key. */
async function restored(
  backup: ChaosBackup,
  to: string,
): Promise<{ readonly size: number; readonly point: string; readonly newest: string }> {
  const { size } = await backup.restore(to);
  const text = (path: string): string => readFileSync(join(to, path), 'utf8');
  return { size, point: text(BACKED_FILES.point), newest: text(BACKED_FILES.newest) };
}

function runChild(folder: string, step: string, nth: number): Promise<boolean> {
  const args = [...SOURCE_FLAGS, CHILD, folder, step, String(nth)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.on('close', (_code, signal) => resolve(signal === 'SIGKILL')));
}
