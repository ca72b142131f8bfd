/** Searches bytes for a text in every spelling in which it could have been written. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';

/** Spellings of a text: UTF-8, UTF-16, base64 in its three phases, hex, JSON and URL escapes. */
export function spellingsOf(text: string): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(text);
  const escaped = [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const found = new Map<string, Buffer>([
    ['utf8', bytes],
    ['utf16le', Buffer.from(text, 'utf16le')],
    ['utf16be', Buffer.from(text, 'utf16le').swap16()],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['HEX', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['json', Buffer.from(escaped)],
    ['url', Buffer.from(encodeURIComponent(text))],
    ['reversed', Buffer.from([...text].reverse().join(''))],
  ]);
  for (const phase of [0, 1, 2]) {
    // The first and last characters depend on what stands beside the text: the middle does not.
    const padded = Buffer.concat([Buffer.alloc(phase), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const middle = padded.slice(4, -4);
    found.set(`base64/${phase}`, Buffer.from(middle));
    found.set(`base64url/${phase}`, Buffer.from(middle.replaceAll('+', '-').replaceAll('/', '_')));
  }
  return found;
}

/** Spellings of any of the texts that stand in some bytes, also inside gzip and deflate. */
export function findIn(bytes: Buffer, texts: readonly string[]): string[] {
  const found = texts.flatMap((text) =>
    [...spellingsOf(text)].flatMap(([name, spelled]) =>
      bytes.includes(spelled) ? [`${text} as ${name}`] : [],
    ),
  );
  for (const unpack of [gunzipSync, inflateSync]) {
    try {
      found.push(...findIn(unpack(bytes), texts).map((one) => `${one}, packed`));
    } catch {
      // Not packed that way.
    }
  }
  return found;
}

/** Every place below a folder where any of the texts stands, file by file. */
export function findBelow(folder: string, texts: readonly string[]): string[] {
  return filesBelow(folder).flatMap((path) => {
    const found = findIn(readFileSync(path), texts);
    const named = findIn(Buffer.from(path), texts);
    return [...found, ...named].map((one) => `${path}: ${one}`);
  });
}

/** The data folder of the server that listens on a port, read as its own user where it must be. */
export function serverFolder(port: number): string {
  const folders = readdirSync('/tmp').filter((name) => name.startsWith('witan-postgres-'));
  const found = folders
    .map((name) => join('/tmp', name, 'data'))
    .find((data) => {
      try {
        return (
          execFileSync('cat', [join(data, 'postmaster.pid')])
            .toString()
            .split('\n')[3] === `${port}`
        );
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error(`no data folder of a server on port ${port}`);
  return found;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return [];
    return stat.isDirectory() ? filesBelow(path) : stat.isFile() ? [path] : [];
  });
}
