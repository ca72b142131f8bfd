/** How tests run the command line: the build when it is current, else the sources. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SOURCE_FLAGS } from '../source-flags.ts';

const ROOT = join(import.meta.dirname, '../..');
const ROOMS = ['runtime', 'agents', 'supervisors', 'council', 'transport', 'contracts', 'config', 'apps'];

let isCurrent: boolean | undefined;

/** Arguments of `node` up to the command's own. A build starts several times faster than the sources. */
export function witanCommand(): string[] {
  isCurrent ??= isBuildCurrent();
  if (isCurrent) return [join(ROOT, 'tools/witan.mjs')];
  return [...SOURCE_FLAGS, join(ROOT, 'apps/cli/main.ts')];
}

function isBuildCurrent(): boolean {
  const stamp = join(ROOT, 'dist/.witan-built');
  if (!existsSync(stamp)) return false;
  const builtMs = statSync(stamp).mtimeMs;
  return (
    ROOMS.every((room) => newestMs(join(ROOT, room)) <= builtMs) &&
    statSync(join(ROOT, 'index.ts')).mtimeMs <= builtMs
  );
}

function newestMs(folder: string): number {
  if (!existsSync(folder)) return 0;
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return newestMs(path);
    return entry.name.endsWith('.test.ts') ? 0 : statSync(path).mtimeMs;
  });
  return Math.max(0, ...times);
}
