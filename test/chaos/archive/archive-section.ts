/** The archive under faults: kill -9 before each of its steps; the next run makes it whole, nothing twice. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARCHIVE_STEPS } from '../../../runtime/store/archive/archive-steps.ts';
import type { ChaosRow, ChaosSection } from '../section.ts';
import { ENTRIES_EACH, openChaosArchive } from './chaos-archive.ts';
import { SOURCE_FLAGS } from '../../source-flags.ts';

const CHILD = join(import.meta.dirname, 'archive-child.ts');
/** The key's entry, and what the child appended. */
const ENTRY_COUNT = 1 + 2 * ENTRIES_EACH;

/** See the head of the file. */
export const archiveSection: ChaosSection = async function* ({ isShort }) {
  for (const [at, step] of ARCHIVE_STEPS.entries()) {
    if (isShort && at % 3 !== 1) continue;
    for (const nth of isShort ? [1] : [1, 2]) yield await killedAt(step, nth);
  }
};

async function killedAt(step: string, nth: number): Promise<ChaosRow> {
  const folder = mkdtempSync(join(tmpdir(), 'witan-chaos-'));
  const row = { section: 'archive', fault: `kill -9, ${step} (${nth})`, times: 1, twice: 0 };
  try {
    const wasKilled = await runChild(folder, step, nth);
    const archive = await openChaosArchive(folder);
    await archive.writer.write('batch');
    const { ok, size, damage } = await archive.verify();
    await archive.close();
    const lost = Math.max(0, ENTRY_COUNT - size);
    const twice = Math.max(0, size - ENTRY_COUNT);
    // The second passing of a step that is taken once tests nothing, and says so.
    const isMissed = !wasKilled && nth === 1;
    const held = ok && lost === 0 && twice === 0 && !isMissed;
    const detail = held
      ? wasKilled
        ? ''
        : 'not passed that often'
      : JSON.stringify(damage ?? { wasKilled });
    return { ...row, held, looked: size, lost, twice, detail };
  } catch (error) {
    return { ...row, held: false, looked: 0, lost: 0, detail: String(error) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runChild(folder: string, step: string, nth: number): Promise<boolean> {
  const args = [...SOURCE_FLAGS, CHILD, folder, step, String(nth)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.on('close', (_code, signal) => resolve(signal === 'SIGKILL')));
}
