/** `npm run docs`: writes the reference pages and docs/api.txt from the sources. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiText } from './api-text.ts';
import { referencePages } from './docs/reference-pages.ts';

const ROOT = join(import.meta.dirname, '..');

for (const [path, text] of [...(await referencePages()), ['docs/api.txt', apiText()] as const]) {
  const file = join(ROOT, path);
  const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!isCurrent) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  process.stdout.write(`${isCurrent ? 'current' : 'written'} ${path}\n`);
}
