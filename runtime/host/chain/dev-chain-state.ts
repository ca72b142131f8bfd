/**
 * Files of the dev chain's state.
 *
 * anvil writes its state whole and in place, so a kill in that moment leaves a torn file. Beside it lies a
 * copy (`.bak`) that anvil has loaded, or that was at rest when it was taken; it takes the place of a torn
 * one.
 */
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const STATE = 'state.json';

/** State of one dev chain in one folder. */
export class DevChainState {
  /** What anvil reads and writes. */
  readonly file: string;
  /** What is fallen back to. */
  readonly backup: string;
  private readonly folder: string;
  private lastKept = -1;

  constructor(folder: string) {
    this.folder = folder;
    this.file = join(folder, STATE);
    this.backup = `${this.file}.bak`;
  }

  /** Before anvil starts: keeps the file as it is aside. Returns whether there is one. */
  async prepare(): Promise<boolean> {
    if (!(await sizeAndTime(this.file))) return false;
    await copyFile(this.file, this.candidate);
    return true;
  }

  /** anvil has loaded the file: what {@link prepare} kept is good and becomes the backup. */
  async accepted(): Promise<void> {
    if (await sizeAndTime(this.candidate)) await rename(this.candidate, this.backup);
  }

  /**
   * anvil refused the file: it is kept under another name, and the backup takes its place.
   * @returns name of the damaged file, and whether there was a backup
   */
  async setAside(): Promise<{ readonly damaged: string; readonly restored: boolean }> {
    await rm(this.candidate, { force: true });
    const earlier = (await readdir(this.folder)).filter((name) => name.startsWith(`${STATE}.damaged-`));
    const damaged = join(this.folder, `${STATE}.damaged-${earlier.length + 1}`);
    await rename(this.file, damaged);
    if (!(await sizeAndTime(this.backup))) return { damaged, restored: false };
    await copyFile(this.backup, this.file);
    return { damaged, restored: true };
  }

  /**
   * Renews the backup while the chain runs.
   *
   * The copy counts only where the file was at rest for `restMs` before it and had not changed after it; else
   * it is dropped. @returns whether the backup is new
   */
  async keep(nowWallMs: number, restMs: number): Promise<boolean> {
    const before = await sizeAndTime(this.file);
    if (!before || before.size === 0 || before.mtimeMs === this.lastKept) return false;
    if (nowWallMs - before.mtimeMs < restMs) return false;
    await copyFile(this.file, this.candidate);
    const after = await sizeAndTime(this.file);
    if (!after || after.mtimeMs !== before.mtimeMs || after.size !== before.size) {
      await rm(this.candidate, { force: true });
      return false;
    }
    await rename(this.candidate, this.backup);
    this.lastKept = before.mtimeMs;
    return true;
  }

  private get candidate(): string {
    return `${this.file}.candidate`;
  }
}

async function sizeAndTime(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { size, mtimeMs };
  } catch {
    // Nothing by that name.
    return undefined;
  }
}
