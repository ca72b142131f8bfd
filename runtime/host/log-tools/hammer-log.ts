/** The hammer with this machine's clock and chance: what the command line calls. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runHammer, type HammerOptions, type HammerReport } from './hammer.ts';
import { folderTarget, nodeTarget } from './hammer-target.ts';
import { SystemClock, SystemRandom } from '../../kernel/system-clock.ts';

/** What is loaded: a node at `url`, a folder, or, without either, a log in a folder of its own. */
export interface HammerPlace {
  readonly url?: string | undefined;
  /** Shown to the node. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Folder for a fresh log; it stays. */
  readonly folder?: string | undefined;
}

/** Loads a log for some seconds and reads it back. @throws what the log throws at once */
export async function hammerLog(
  { url, headers = {}, folder }: HammerPlace,
  options: Omit<HammerOptions, 'target' | 'clock' | 'random'>,
): Promise<HammerReport> {
  const clock = new SystemClock();
  const own = url === undefined && folder === undefined ? await mkdtemp(join(tmpdir(), 'witan-hammer-')) : '';
  const target = url === undefined ? await folderTarget(folder ?? own, clock) : nodeTarget(url, headers);
  try {
    return await runHammer({ ...options, target, clock, random: new SystemRandom() });
  } finally {
    await target.close();
    if (own !== '') await rm(own, { recursive: true, force: true });
  }
}
