/** Labelled sets: `data.jsonl.gz` or `data.jsonl`, a `text` and a `label` (1 = harmful) in each row. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { Origin } from '../../../contracts/messages/decision.ts';

/** One row of a set; other fields (`cat`, `lang` …) are not read. */
export const LabelledRow = z.object({
  text: z.string(),
  /** 1: must not pass. 0: harmless. */
  label: z.union([z.literal(0), z.literal(1)]),
  /** The system message that `text` was written under. */
  system: z.string().optional(),
  /** Texts that were fetched for the conversation. */
  documents: z.array(z.string()).optional(),
  /** Where `text` itself came from. */
  origin: Origin.optional(),
  /** The same in the words of a set's own pipeline (`user`, `rag_chunk`, `tool_result` …). */
  src: z.string().optional(),
  /** The user's turn that `text` answers. */
  msg: z.string().optional(),
  /** What `text` must be founded on: it is then a claim, with this as its evidence. */
  ctx: z.string().optional(),
});
/** See {@link LabelledRow}. */
export type LabelledRow = z.infer<typeof LabelledRow>;

/** A set on disk. */
export interface LabelledSet {
  readonly source: string;
  readonly file: string;
}

/** Names of a set's file; the first that is there is read. */
const FILES = ['data.jsonl.gz', 'data.jsonl'] as const;

/**
 * Finds the sets named on the command line: a folder with `data.jsonl.gz` or `data.jsonl`, a folder of such
 * folders, or a name below `dataFolder`. @throws data_missing
 */
export function findSets(names: readonly string[], dataFolder: string | undefined): LabelledSet[] {
  return names.flatMap((name) => {
    const places = [name, ...(dataFolder === undefined ? [] : [join(dataFolder, name)])];
    const folder = places.find((place) => existsSync(place) && statSync(place).isDirectory());
    const sets = folder === undefined ? [] : setsIn(folder);
    if (sets.length === 0) {
      throw new WitanError(
        'data_missing',
        `there is no labelled set at ${name}: name a folder with data.jsonl[.gz] (--data: its parent)`,
      );
    }
    return sets;
  });
}

function setsIn(folder: string): LabelledSet[] {
  const file = fileIn(folder);
  if (file !== undefined) return [{ source: basename(folder), file }];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const below = fileIn(join(folder, name));
      return below === undefined ? [] : [{ source: name, file: below }];
    })
    .sort((left, right) => left.source.localeCompare(right.source));
}

function fileIn(folder: string): string | undefined {
  return FILES.map((name) => join(folder, name)).find((file) => existsSync(file));
}

/** Rows of a set in file order, at most `limit`. @throws bad_encoding with the line number */
export async function readRows(set: LabelledSet, limit = Infinity): Promise<LabelledRow[]> {
  const rows: LabelledRow[] = [];
  const bytes = createReadStream(set.file);
  const input = set.file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
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
  const parsed = LabelledRow.safeParse(row);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new WitanError('bad_encoding', `${path} is no row: ${field || 'it'} does not fit`, {
    path,
    expected: 'text and label 0 or 1',
  });
}
