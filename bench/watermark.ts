/**
 * `bench watermark`: how often marks are read after what befalls content, what they cost, and how often a
 * detector errs. Pictures and texts are made by rule (bench/watermark/pictures.ts), so a run can be repeated.
 */
import { decodeImage, encodeImage } from '../agents/platform/proof/watermark/image-file.ts';
import {
  IMAGE_MARK,
  imageFalsePositiveRate,
  markImage,
  readImageMark,
} from '../agents/platform/proof/watermark/image-mark.ts';
import type { Pixels } from '../agents/platform/proof/watermark/luma.ts';
import {
  markText,
  readTextMark,
  TEXT_FALSE_POSITIVE_RATE,
} from '../agents/platform/proof/watermark/text-mark.ts';
import { median, short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';
import { IMAGE_ATTACKS, TEXT_ATTACKS } from './watermark/attacks.ts';
import { PICTURE_KINDS, picture, seeded } from './watermark/pictures.ts';

const KEY = new Uint8Array(32).fill(11);
const ID = '0b5e55ed0123';
const CASES = ['image', 'text', 'unmarked'] as const;
/** Pictures of each kind that are searched at every size. */
const SEARCHED_COUNT = 3;
const LIMITS = { maxPixels: 16_777_216, minSide: 1 };

/** Runs the named cases, or all. @throws RangeError for an unknown one */
export async function benchWatermark({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !(CASES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${CASES.join(', ')}`);
  const wanted = (name: string): boolean => names.length === 0 || names.includes(name);
  const rows: Row[] = [];
  if (wanted('image')) rows.push(...imageRows(quick ? 4 : 12, quick ? 1 : SEARCHED_COUNT));
  if (wanted('text')) rows.push(...textRows(quick ? 20 : 200));
  if (wanted('unmarked')) rows.push(...unmarkedRows(quick ? 8 : 100, quick ? 1 : SEARCHED_COUNT));
  progress('');
  if (json) return rows.forEach(printJson);
  process.stdout.write(`${machineLine()}\n\n`);
  const lines = rows.map((row) => [
    row.case,
    row.subject,
    row.metric,
    short(row.value ?? 0),
    row.unit,
    row.note ?? '',
  ]);
  printTable(['case', 'subject', 'what', 'value', 'unit', 'note'], lines, markdown);
}

/** Share of pictures whose mark is found, and whose id is read, after each attack. */
function imageRows(count: number, searchedCount: number): Row[] {
  const rows: Row[] = [];
  for (const kind of PICTURE_KINDS) {
    const psnr: number[] = [];
    const markMs: number[] = [];
    const marked: Pixels[] = [];
    for (let seed = 1; seed <= count; seed += 1) {
      const original = picture(kind, seed);
      const from = performance.now();
      const made = markImage(original, ID, KEY);
      markMs.push(performance.now() - from);
      psnr.push(made.psnrDb);
      marked.push(made.pixels);
    }
    rows.push(figure('image', kind, 'PSNR, least', Math.min(...psnr), 'dB'));
    rows.push(figure('image', kind, 'time to mark, median', median(markMs), 'ms', '512 × 512'));
    for (const [name, { apply, isScaled }] of Object.entries(IMAGE_ATTACKS)) {
      progress(`${kind}: ${name} …`);
      // A search at every size takes seconds.
      const tried = isScaled ? marked.slice(0, searchedCount) : marked;
      const found = tried.map((pixels, at) =>
        readImageMark(apply(pixels, at + 1), KEY, { atAnyScale: isScaled === true }),
      );
      const readCount = found.filter((mark) => mark?.markId === ID).length;
      const foundCount = found.filter((mark) => mark !== undefined).length;
      const strengths = found.map((mark) => mark?.strength ?? 0);
      const range = `${short(Math.min(...strengths))} to ${short(Math.max(...strengths))}`;
      const note = `found ${foundCount} of ${tried.length}, strength ${range}`;
      rows.push(figure('image', kind, `id read after ${name}`, readCount / tried.length, 'share', note));
    }
  }
  return rows;
}

/** Share of texts whose mark is read after each attack. */
function textRows(count: number): Row[] {
  const rows: Row[] = [];
  const growth: number[] = [];
  const texts = Array.from({ length: count }, (_, seed) => madeText(seed + 1));
  const marked = texts.map((text) => markText(text, ID, KEY));
  texts.forEach((text, at) => growth.push(Buffer.byteLength(marked[at]!) / Buffer.byteLength(text)));
  rows.push(figure('text', '20 to 300 words', 'growth in bytes, median', median(growth), '×'));
  for (const [name, apply] of Object.entries(TEXT_ATTACKS)) {
    const read = marked.filter((text, at) => readTextMark(apply(text, at + 1), [KEY])?.markId === ID).length;
    rows.push(figure('text', '20 to 300 words', `id read after ${name}`, read / count, 'share'));
  }
  return rows;
}

/** How often unmarked content passes, beside the bound. */
function unmarkedRows(count: number, searchedCount: number): Row[] {
  const rows: Row[] = [];
  let passed = 0;
  let searched = 0;
  const searchMs: number[] = [];
  for (const kind of PICTURE_KINDS) {
    for (let seed = 1_001; seed <= 1_000 + count; seed += 1) {
      progress(`unmarked ${kind} ${seed - 1_000} …`);
      const pixels = decodeImage(encodeImage(picture(kind, seed, 384, 384), 'image/jpeg', 85), LIMITS);
      if (readImageMark(pixels, KEY, { atAnyScale: false })) passed += 1;
      if (seed > 1_000 + searchedCount) continue;
      const from = performance.now();
      if (readImageMark(pixels, KEY)) searched += 1;
      searchMs.push(performance.now() - from);
    }
  }
  const total = count * PICTURE_KINDS.length;
  const rate = imageFalsePositiveRate().toExponential(1);
  const bound = `bound ${rate} with every size, threshold ${IMAGE_MARK.threshold}`;
  rows.push(figure('unmarked', 'image', 'passed, own size', passed, `of ${total}`, bound));
  rows.push(figure('unmarked', 'image', 'passed, every size', searched, `of ${searchMs.length}`, bound));
  rows.push(
    figure('unmarked', 'image', 'time of a search at every size', median(searchMs), 'ms', '384 × 384'),
  );
  const noise = seeded(3);
  let texts = 0;
  const textCount = count * 100;
  for (let at = 0; at < textCount; at += 1) {
    const invisible = Array.from(
      { length: 300 },
      () => '\u200b\u2060\u2061\u2062\u2063\u2064'[Math.floor(noise() * 6)]!,
    );
    if (readTextMark(invisible.join(''), [KEY])) texts += 1;
  }
  const textBound = `bound ${TEXT_FALSE_POSITIVE_RATE.toExponential(1)} a text`;
  rows.push(
    figure('unmarked', 'text', 'passed, random invisible characters', texts, `of ${textCount}`, textBound),
  );
  return rows;
}

function madeText(seed: number): string {
  const random = seeded(seed);
  const words = 20 + Math.floor(random() * 280);
  return Array.from({ length: words }, () => {
    const letters = 2 + Math.floor(random() * 9);
    return Array.from({ length: letters }, () => 'etaoinshrdlucmfwypvbgk'[Math.floor(random() * 22)]!).join(
      '',
    );
  }).join(' ');
}

function figure(
  name: string,
  subject: string,
  metric: string,
  value: number,
  unit: string,
  note?: string,
): Row {
  return {
    bench: 'watermark',
    case: name,
    subject,
    metric,
    value,
    unit,
    ...(note !== undefined && { note }),
  };
}
