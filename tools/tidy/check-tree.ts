/** Checks the whole checkout: names at the top, size of folders, then every file that git tracks. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkFile, type Finding } from './check-file.ts';
import { LIMITS, TOP_LEVEL } from './rules.ts';

const TEXT = /\.(ts|tsx|mjs|js|json|md|css|html|sh|sql|svg|yml|yaml)$|(^|\/)run$/;

/** Findings of the checkout at `root`; `files` defaults to what git tracks. */
export function checkTree(root: string, files: readonly string[] = trackedFiles(root)): Finding[] {
  const findings: Finding[] = [];
  const perFolder = new Map<string, number>();
  for (const path of files) {
    if (!(TOP_LEVEL as readonly string[]).includes(path.split('/')[0]!)) {
      findings.push({ path, line: 1, what: 'is not one of the names at the top level' });
    }
    if (path.endsWith('.ts') && !path.endsWith('.test.ts')) {
      perFolder.set(dirname(path), (perFolder.get(dirname(path)) ?? 0) + 1);
    }
    if (TEXT.test(path) && path !== 'package-lock.json' && existsSync(join(root, path))) {
      findings.push(...checkFile(path, readFileSync(join(root, path), 'utf8')));
    }
  }
  for (const [folder, count] of perFolder) {
    if (count > LIMITS.folderFiles)
      findings.push({ path: folder, line: 1, what: `${count} files, at most ${LIMITS.folderFiles}` });
  }
  return findings;
}

function trackedFiles(root: string): string[] {
  return execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
}
