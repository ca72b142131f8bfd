/** Labelled sets: `data.jsonl.gz` with a `text` and a `label` (1 = harmful) in each row. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { WitanError } from '../../contracts/errors.ts';

/** One row of a set. */
export interface LabelledRow {
  readonly text: string;
  /** 1: must not pass. 0: harmless. */
  readonly label: 0 | 1;
}

/** A set on disk. */
export interface LabelledSet {
  readonly source: string;
  readonly file: string;
}

/**
 * Finds the sets named on the command line: a folder with `data.jsonl.gz`, a folder of such folders, or a
 * name below `dataFolder`. @throws data_missing
 */
export function findSets(names: readonly string[], dataFolder: string | undefined): LabelledSet[] {
  return names.flatMap((name) => {
    const places = [name, ...(dataFolder === undefined ? [] : [join(dataFolder, name)])];
    const folder = places.find((place) => existsSync(place) && statSync(place).isDirectory());
    const sets = folder === undefined ? [] : setsIn(folder);
    if (sets.length === 0) {
      throw new WitanError(
        'data_missing',
        `there is no labelled set at ${name}: name a folder with data.jsonl.gz (--data: its parent)`,
      );
    }
    return sets;
  });
}

function setsIn(folder: string): LabelledSet[] {
  const file = join(folder, 'data.jsonl.gz');
  if (existsSync(file)) return [{ source: basename(folder), file }];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'data.jsonl.gz')))
    .map((entry) => ({ source: entry.name, file: join(folder, entry.name, 'data.jsonl.gz') }))
    .sort((left, right) => left.source.localeCompare(right.source));
}

/** Rows of a set in file order, at most `limit`. @throws bad_encoding with the line number */
export async function readRows(set: LabelledSet, limit = Infinity): Promise<LabelledRow[]> {
  const rows: LabelledRow[] = [];
  const input = createReadStream(set.file).pipe(createGunzip());
  let lineNumber = 0;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    lineNumber += 1;
    if (line.trim() === '') continue;
    rows.push(parseRow(line, `${set.file}:${lineNumber}`));
    if (rows.length >= limit) break;
  }
  input.destroy();
  return rows;
}

function parseRow(line: string, path: string): LabelledRow {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    throw new WitanError('bad_encoding', `${path} is not JSON`, { path });
  }
  const { text, label } = (row ?? {}) as Record<string, unknown>;
  if (typeof text !== 'string' || (label !== 0 && label !== 1)) {
    throw new WitanError('bad_encoding', `${path} has no text or no label`, {
      path,
      expected: 'text and label 0 or 1',
    });
  }
  return { text, label };
}
