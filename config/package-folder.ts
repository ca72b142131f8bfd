/** Where this package lies, from source and from `dist/` alike. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Nearest folder above this file that holds `package.json`. */
export function packageFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('package.json is missing above the program');
    folder = above;
  }
  return folder;
}
