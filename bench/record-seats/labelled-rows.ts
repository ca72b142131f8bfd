/** Labelled rows from disk, their halves, and Wilson intervals. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One row of a labelled set. */
export interface LabelledRow {
  readonly text: string;
  /** 1 = the harm that the set is about. */
  readonly label: 0 | 1;
  readonly cat?: string;
  /** `[start, end, type]` in the Presidio set. */
  readonly spans?: readonly (readonly [number, number, string])[];
  /** Evidence, in the sets of claims. */
  readonly ctx?: string;
  readonly lab?: string;
}

/** Which half a row is in: rules may be read off `fit`, `held-out` is only counted. */
export type Half = 'fit' | 'held-out';

/** Rows of `<directory>/<set>/data.jsonl.gz`, or null where the set is not there. */
export function readRows(directory: string, set: string): readonly LabelledRow[] | null {
  const file = join(directory, set, 'data.jsonl.gz');
  if (!existsSync(file)) return null;
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LabelledRow);
}

/** Half of a row by the first bit of the SHA-256 of its text. */
export function halfOf(row: LabelledRow): Half {
  return (createHash('sha256').update(row.text).digest()[0] ?? 0) < 128 ? 'fit' : 'held-out';
}

/** Share with its 95 % interval. @source E. B. Wilson, JASA 22 (1927) 209 */
export function wilson(hits: number, total: number): { share: number; low: number; high: number } {
  if (total === 0) return { share: 0, low: 0, high: 1 };
  const z = 1.959964;
  const share = hits / total;
  const middle = (share + (z * z) / (2 * total)) / (1 + (z * z) / total);
  const spread =
    (z / (1 + (z * z) / total)) * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  return { share, low: Math.max(0, middle - spread), high: Math.min(1, middle + spread) };
}

/** `87.1 % [84.0, 89.7] (n 512)`. */
export function shareText(hits: number, total: number): string {
  const { share, low, high } = wilson(hits, total);
  const percent = (value: number): string => (value * 100).toFixed(1);
  return `${percent(share)} % [${percent(low)}, ${percent(high)}] (n ${total})`;
}
