/** Facts of the installed package: where it lies and which version it is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../config/package-folder.ts';

/** Folder that holds `package.json`, from source and from `dist/` alike. */
export const PACKAGE_FOLDER: string = packageFolder();

/** Version of the package. */
export const PACKAGE_VERSION: string = (
  JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as { version: string }
).version;
