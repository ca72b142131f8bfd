/** A reading of a text (folded, decoded, joined …) with the way back to the original's UTF-16 offsets. */

/**
 * One reading of a text. `starts[i]` and `ends[i]` are the UTF-16 offsets in the original of the place
 * that code unit
 * `i` of `text` was read from (end exclusive); both null where view and original agree unit by unit.
 */
export interface View {
  /** `folded`, or how it was read: `leet`, `joined`, `base64`, `base64/hex` … */
  readonly name: string;
  readonly text: string;
  readonly map: OffsetMap | null;
}

/** Way back from a view's code units to the original's; both arrays have the view's length. */
export interface OffsetMap {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Place of `view.text[start, end)` in the original text, as UTF-16 offsets, end exclusive. */
export function originalSpan(view: View, start: number, end: number): { start: number; end: number } {
  const { map } = view;
  if (map === null) return { start, end };
  if (end <= start) {
    const at = map.starts[start] ?? map.ends[map.ends.length - 1] ?? 0;
    return { start: at, end: at };
  }
  let low = map.starts[start] ?? 0;
  let high = low;
  // Readings that reorder text (reversed, concatenated) are not monotone, so both edges are searched,
  // within bounds.
  for (let at = start; at < end && at < start + MAX_SPAN_SCAN; at += 1) {
    low = Math.min(low, map.starts[at]!);
    high = Math.max(high, map.ends[at]!);
  }
  return { start: low, end: high };
}

/** Findings are short; a longer one is shown by its beginning. */
const MAX_SPAN_SCAN = 2_000;

/** Collects a view unit by unit. */
export class ViewBuilder {
  readonly #parts: string[] = [];
  #starts: Uint32Array;
  #ends: Uint32Array;
  #length = 0;

  constructor(expectedLength: number) {
    this.#starts = new Uint32Array(Math.max(16, expectedLength));
    this.#ends = new Uint32Array(Math.max(16, expectedLength));
  }

  get length(): number {
    return this.#length;
  }

  /** Adds `piece`, all of whose units were read from `[start, end)` of the original. */
  add(piece: string, start: number, end: number): void {
    const length = this.#length + piece.length;
    if (length > this.#starts.length) this.#grow(length);
    this.#starts.fill(start, this.#length, length);
    this.#ends.fill(end, this.#length, length);
    this.#length = length;
    this.#parts.push(piece);
  }

  /** Adds `[from, to)` of another view unchanged. */
  copy(view: View, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      this.add(view.text[at]!, view.map?.starts[at] ?? at, view.map?.ends[at] ?? at + 1);
    }
  }

  build(name: string): View {
    const map = { starts: this.#starts.slice(0, this.#length), ends: this.#ends.slice(0, this.#length) };
    return { name, text: this.#parts.join(''), map };
  }

  #grow(needed: number): void {
    const size = Math.max(needed, this.#starts.length * 2);
    const starts = new Uint32Array(size);
    const ends = new Uint32Array(size);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }
}
