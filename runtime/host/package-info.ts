/** Facts of the installed package: where it lies and which version it is. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder that holds `package.json`, from source and from `dist/` alike. */
export const PACKAGE_FOLDER: string = findPackage(import.meta.dirname);

/** Version of the package. */
export const PACKAGE_VERSION: string = (
  JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as { version: string }
).version;

function findPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('package.json is missing above the program');
  return findPackage(above);
}
