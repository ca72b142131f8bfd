/** Versions of the libraries that take part. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Installed version of a package, from its own package.json. */
export function packageVersion(name: string): string {
  // The entry file lies somewhere below the package's folder, and not every package exports its package.json.
  for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
    if (folder.endsWith(name)) {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
    }
  }
  throw new TypeError(`${name} has no folder of its name`);
}
