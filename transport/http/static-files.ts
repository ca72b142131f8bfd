/** The page's files, read once at start and served from memory. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** One served file. */
export interface StaticFile {
  readonly mediaType: string;
  readonly content: Buffer;
  /** Strong validator. */
  readonly etag: string;
}

/** Files of `folder` by URL path; `index.html` also stands at `/`. Other kinds of files are left out. */
export function loadStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const mediaType = MEDIA_TYPES[extname(entry.name)];
    if (!entry.isFile() || mediaType === undefined) continue;
    const content = readFileSync(join(folder, entry.name));
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`;
    files.set(entry.name === 'index.html' ? '/' : `/${entry.name}`, { mediaType, content, etag });
  }
  return files;
}
