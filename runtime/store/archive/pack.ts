/**
 * Packs: many entries in one compressed text.
 *
 * First a line of JSON that says what follows, then one line for each repeated part (its SHA-256, a
 * space, its
 * text), then one line for each entry. Texts are canonical JSON, which has no line breaks.
 */
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { RepeatedParts, restoreLine } from './repeated-parts.ts';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Quality 5 is where brotli leaves gzip behind in size at about the same speed. */
const BROTLI = {
  [constants.BROTLI_PARAM_QUALITY]: 5,
  [constants.BROTLI_PARAM_LGWIN]: 22,
} as const;

/** Text that a pack may grow to when it is opened: a bound against what pretends to be one. */
const MAX_TEXT_BYTES = 1_610_612_736;
/** Characters after which others get their turn. */
const TURN_LENGTH = 524_288;

const PackHead = z.strictObject({
  format: z.literal('witan-pack/1'),
  logId: z.string(),
  firstIndex: z.int().min(0),
  entryCount: z.int().min(0),
  partCount: z.int().min(0),
});

/** A pack before it is encrypted. */
export interface Pack {
  readonly bytes: Uint8Array;
  readonly entryCount: number;
  readonly partCount: number;
  /** Characters of all entries, before anything was left out. */
  readonly textLength: number;
  /** Characters of entries that references took the place of. */
  readonly savedLength: number;
}

/** What is packed. */
export interface PackInput {
  readonly logId: string;
  readonly firstIndex: number;
  /** Canonical texts in log order. */
  readonly entries: readonly string[];
}

/** Packs entries; gives the event loop free while it works. */
export async function encodePack({ logId, firstIndex, entries }: PackInput): Promise<Pack> {
  const repeated = new RepeatedParts();
  await inTurns(entries, (entry) => repeated.add(entry));
  const lines: string[] = [];
  await inTurns(entries, (entry) => void lines.push(repeated.line(entry)));
  const parts = repeated.parts();
  const head = {
    format: 'witan-pack/1',
    logId,
    firstIndex,
    entryCount: entries.length,
    partCount: parts.length,
  };
  const described = parts.map((part) => `${hash('sha256', part, 'hex')} ${part}`);
  const text = Buffer.from([JSON.stringify(head), ...described, ...lines, ''].join('\n'));
  const bytes = await compress(text, {
    params: { ...BROTLI, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });
  const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, one) => sum + one.length, 0);
  const textLength = lengthOf(entries);
  const savedLength = textLength - lengthOf(lines) - lengthOf(parts);
  return { bytes, entryCount: entries.length, partCount: parts.length, textLength, savedLength };
}

/**
 * Canonical texts of a pack, in log order.
 * @throws verification_failed for anything that is no pack of this log and range
 */
export async function decodePack(
  bytes: Uint8Array,
  expected: { readonly logId: string; readonly firstIndex: number; readonly entryCount: number },
): Promise<string[]> {
  let text: string;
  try {
    text = (await decompress(bytes, { maxOutputLength: MAX_TEXT_BYTES })).toString('utf8');
  } catch (cause) {
    throw new WitanError('verification_failed', 'a pack does not decompress', {}, cause);
  }
  const lines = text.split('\n');
  const head = PackHead.safeParse(safeJson(lines[0] ?? '')).data;
  const { logId, firstIndex, entryCount } = expected;
  const isOurs = head?.logId === logId && head.firstIndex === firstIndex && head.entryCount === entryCount;
  if (!isOurs || lines.length !== head.partCount + entryCount + 2)
    throw new WitanError('verification_failed', 'a pack holds other entries than its manifest says', {});
  const parts = lines.slice(1, 1 + head.partCount).map((line, number) => {
    const part = line.slice(65);
    if (hash('sha256', part, 'hex') === line.slice(0, 64)) return part;
    throw new WitanError('verification_failed', `part ${number} of a pack does not match its digest`, {});
  });
  const entries: string[] = [];
  await inTurns(lines.slice(1 + head.partCount, -1), (line) => void entries.push(restoreLine(line, parts)));
  return entries;
}

async function inTurns(texts: readonly string[], work: (text: string) => void): Promise<void> {
  let length = 0;
  for (const text of texts) {
    work(text);
    length += text.length;
    if (length < TURN_LENGTH) continue;
    length = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
