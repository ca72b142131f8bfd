/**
 * Seeded damage to valid messages: the same seed gives the same damage.
 *
 * The seed is printed when a fuzz test fails; `SEED=` replays it.
 */

/** Seed of this run. */
export const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const TEXTS = [
  '',
  '\0',
  '\uD800',
  '%00%2e%2e%2f',
  '__proto__',
  'constructor',
  "' OR 1=1 --",
  '${7*7}',
  '<script>',
  '*.>',
  '\r\nx: y',
  '\u202E\uFEFF',
  'd'.repeat(33),
  'x'.repeat(5_000),
];
const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 53,
  0.1,
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  ...TEXTS,
];
/** Pieces of JSON text that no serialiser writes. */
const SHARDS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\u',
  '\\',
  '1e999',
  '-',
  '00',
  'NaN',
  '"a":1,"a":2',
  '\0',
  '//',
];

/** See the head of this file. */
export class Mutator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, bound). @source mulberry32, public domain */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** One to four changed, added, removed or repeated bytes or runs of bytes. */
  bytes(from: Uint8Array): Buffer {
    let bytes = Buffer.from(from);
    for (let times = 1 + this.below(4); times > 0; times -= 1) {
      const at = this.below(bytes.length + 1);
      const length = this.below(16);
      const run = Buffer.from(Array.from({ length }, () => this.below(256)));
      switch (this.below(5)) {
        case 0:
          if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << this.below(8));
          break;
        case 1:
          bytes = Buffer.concat([bytes.subarray(0, at), run, bytes.subarray(at)]);
          break;
        case 2:
          bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
          break;
        case 3:
          bytes = Buffer.from(bytes.subarray(0, at));
          break;
        default:
          bytes = Buffer.concat([bytes, bytes.subarray(at, at + 64)]);
      }
    }
    return bytes;
  }

  /** A value with one member replaced, removed, added or nested. */
  value(from: unknown): unknown {
    if (Array.isArray(from) && from.length > 0 && this.below(3) > 0) {
      const at = this.below(from.length);
      return from.map((item, index) => (index === at ? this.value(item) : (item as unknown)));
    }
    if (typeof from === 'object' && from !== null && !Array.isArray(from) && this.below(4) > 0) {
      const entries = Object.entries(from);
      const at = this.below(entries.length + 1);
      const key = entries[at]?.[0] ?? this.pick([...TEXTS, 'extra']);
      if (this.below(5) === 0) return Object.fromEntries(entries.filter(([name]) => name !== key));
      return { ...from, [key]: this.value(entries[at]?.[1]) };
    }
    return this.pick(VALUES);
  }

  /** JSON text of a damaged value, or damaged JSON text. */
  json(from: unknown): string {
    const text = JSON.stringify(this.below(4) === 0 ? from : this.value(from)) ?? '';
    if (this.below(3) > 0) return text;
    const at = this.below(text.length + 1);
    return `${text.slice(0, at)}${this.pick(SHARDS)}${text.slice(at + this.below(3))}`;
  }
}

/** Runs `work` for each number below `count`, `width` at once. */
export async function together(
  count: number,
  width: number,
  work: (at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const line = async (): Promise<void> => {
    for (let at = (next += 1); at <= count; at = next += 1) await work(at);
  };
  await Promise.all(Array.from({ length: width }, line));
}
