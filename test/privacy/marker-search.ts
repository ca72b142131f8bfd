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
  const written = withoutZeros(bytes).toString('latin1');
  // One pass over the bytes for all spellings; which one it is matters only where there is one.
  const found = anyOf(texts).test(written)
    ? texts.flatMap((text) =>
        [...spellingsOf(text)].flatMap(([name, spelled]) =>
          written.includes(spelled.toString('latin1')) ? [`${text} as ${name}`] : [],
        ),
      )
    : [];
  for (const unpack of [gunzipSync, inflateSync]) {
    try {
      found.push(...findIn(unpack(bytes), texts).map((one) => `${one}, packed`));
    } catch {
      // Not packed that way.
    }
  }
  return found;
}

const patterns = new Map<string, RegExp>();

/** Pattern of every spelling of any of the texts, a character for a byte. */
function anyOf(texts: readonly string[]): RegExp {
  const key = JSON.stringify(texts);
  const known = patterns.get(key);
  if (known) return known;
  const spelled = texts.flatMap((text) => [...spellingsOf(text).values()]);
  const escaped = spelled.map((one) => one.toString('latin1').replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const pattern = new RegExp(escaped.join('|'));
  patterns.set(key, pattern);
  return pattern;
}

/**
 * The bytes with every long run of zeros shortened: files are made ahead of what is written to them. No
 * spelling holds two zeros side by side, so what stands in the one stands in the other.
 */
function withoutZeros(bytes: Buffer): Buffer {
  const zeros = Buffer.alloc(4_096);
  const kept: Buffer[] = [];
  let wasZero = false;
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const block = bytes.subarray(at, at + zeros.length);
    const isZero = block.equals(zeros);
    // The first block of a run stays, so that nothing comes to stand beside what was far from it.
    if (!(isZero && wasZero)) kept.push(block);
    wasZero = isZero;
  }
  return kept.length * zeros.length >= bytes.length ? bytes : Buffer.concat(kept);
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
