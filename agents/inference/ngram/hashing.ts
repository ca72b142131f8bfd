/** Hashed character and word n-grams of a folded text: what the linear models read. */

/** Which n-grams are taken. Stored in the artefact: a model is read with the form it was trained with. */
export interface NgramForm {
  /** 2^bits buckets. */
  readonly bits: number;
  readonly charMin: number;
  readonly charMax: number;
  /** Longest row of words. */
  readonly wordMax: number;
}

/** Form of the shipped models. */
export const DEFAULT_FORM: NgramForm = { bits: 18, charMin: 2, charMax: 5, wordMax: 2 };

/** Code units of one window at most; longer texts are read in several. */
export const WINDOW_LIMIT = 2_048;

const SPACE = 32;
const DIGIT = 48;
const FNV_PRIME = 16_777_619;
const CHAR_SEED = 0x811c9dc5 | 0;
const WORD_SEED = 0x27d4eb2f | 0;

/** N-grams of one window at a time. Buffers are reused: a result holds until the next call. */
export class NgramHasher {
  readonly form: NgramForm;
  /** Distinct buckets of the latest window; the first `count` hold. */
  readonly buckets: Int32Array;
  /** Code units of the latest window after folding of spaces and digits, padded by a space on each side. */
  readonly #units = new Uint16Array(WINDOW_LIMIT + 2);
  readonly #seen: Uint32Array;
  #stamp = 0;
  /** Where words begin among the buckets of the latest window; characters stand before. */
  wordsFrom = 0;

  constructor(form: NgramForm) {
    this.form = form;
    this.#seen = new Uint32Array(2 ** form.bits);
    const perUnit = form.charMax - form.charMin + 1 + form.wordMax;
    this.buckets = new Int32Array((WINDOW_LIMIT + 2) * perUnit);
  }

  /**
   * Reads `text[start, end)`, at most {@link WINDOW_LIMIT} units; returns how many distinct buckets it has.
   * Linear; allocates nothing.
   */
  read(text: string, start: number, end: number): number {
    const length = this.#normalise(text, start, Math.min(end, start + WINDOW_LIMIT));
    this.#stamp += 1;
    if (this.#stamp === 0xffff_ffff) {
      this.#seen.fill(0);
      this.#stamp = 1;
    }
    this.wordsFrom = this.#readCharacters(length);
    return this.#readWords(length, this.wordsFrom);
  }

  /** Spaces become one, digits become `0`, so that numbers and layout are not learnt by heart. */
  #normalise(text: string, start: number, end: number): number {
    const units = this.#units;
    units[0] = SPACE;
    let length = 1;
    for (let at = start; at < end; at += 1) {
      const unit = text.charCodeAt(at);
      if (unit <= SPACE || unit === 0xa0) {
        if (units[length - 1] !== SPACE) units[length++] = SPACE;
      } else units[length++] = unit >= DIGIT && unit <= 57 ? DIGIT : unit;
    }
    if (units[length - 1] !== SPACE) units[length++] = SPACE;
    return length;
  }

  #readCharacters(length: number): number {
    const { charMin, charMax } = this.form;
    const units = this.#units;
    let count = 0;
    for (let from = 0; from < length; from += 1) {
      let hash = CHAR_SEED;
      const most = Math.min(length, from + charMax);
      for (let at = from; at < most; at += 1) {
        hash = Math.imul(hash ^ units[at]!, FNV_PRIME);
        if (at - from + 1 >= charMin) count = this.#add(hash, count);
      }
    }
    return count;
  }

  #readWords(length: number, known: number): number {
    const { wordMax } = this.form;
    const units = this.#units;
    let count = known;
    let before = 0;
    let hash = WORD_SEED;
    let size = 0;
    for (let at = 0; at < length; at += 1) {
      const unit = units[at]!;
      if (isWordUnit(unit)) {
        hash = Math.imul(hash ^ unit, FNV_PRIME);
        size += 1;
      } else if (size > 0) {
        count = this.#add(hash, count);
        if (wordMax > 1 && before !== 0)
          count = this.#add(Math.imul(before ^ (hash >>> 3), 0x9e3779b1), count);
        before = hash;
        hash = WORD_SEED;
        size = 0;
      }
    }
    return count;
  }

  #add(hash: number, count: number): number {
    const mixed = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    const bucket = (mixed ^ (mixed >>> 13)) & (this.#seen.length - 1);
    if (this.#seen[bucket] === this.#stamp) return count;
    this.#seen[bucket] = this.#stamp;
    this.buckets[count] = bucket;
    return count + 1;
  }
}

function isWordUnit(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || unit === DIGIT || unit === 39 || unit >= 0xaa;
}
