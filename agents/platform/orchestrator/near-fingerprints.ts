/** Fingerprints of one tenant, found by nearness: packed words, because each new input meets thousands. */
import { bitDistance, bitsOf } from '../../../runtime/kernel/decision-index/fingerprint.ts';
import type { Fingerprint } from '../../../runtime/kernel/decision-index/fingerprint.ts';

/** Eight bands of eight bits: two fingerprints that differ in at most seven bits share one of them. */
const BAND_COUNT = 8;
const FIRST_COUNT = 4;

/** A set of fingerprints; additions cost O(1), lookups and removals O(those that share a band). */
export class NearFingerprints {
  readonly #bands = new Map<number, Band>();
  #count = 0;

  /** Fingerprints held. */
  get size(): number {
    return this.#count;
  }

  /** Adds a fingerprint that is not in the set. */
  add(fingerprint: Fingerprint): void {
    const { high, low } = bitsOf(fingerprint);
    for (let at = 0; at < BAND_COUNT; at += 1) {
      const key = bandKey(high, low, at);
      let band = this.#bands.get(key);
      if (!band) this.#bands.set(key, (band = new Band()));
      band.add(high, low);
    }
    this.#count += 1;
  }

  /** Removes a fingerprint that is in the set. */
  delete(fingerprint: Fingerprint): void {
    const { high, low } = bitsOf(fingerprint);
    for (let at = 0; at < BAND_COUNT; at += 1) {
      const key = bandKey(high, low, at);
      const band = this.#bands.get(key)!;
      band.delete(high, low);
      if (band.count === 0) this.#bands.delete(key);
    }
    this.#count -= 1;
  }

  /** Those that differ from `fingerprint` in at most `maxBitCount` bits, 0 to 7, itself included. */
  near(fingerprint: Fingerprint, maxBitCount: number): ReadonlySet<Fingerprint> {
    const found = new Set<Fingerprint>();
    const bits = bitsOf(fingerprint);
    for (let at = 0; at < BAND_COUNT; at += 1) {
      const band = this.#bands.get(bandKey(bits.high, bits.low, at));
      if (!band) continue;
      const { words, count } = band;
      for (let place = 0; place < 2 * count; place += 2) {
        const candidate = { high: words[place]!, low: words[place + 1]! };
        if (bitDistance(candidate, bits) <= maxBitCount)
          found.add(hexOf(candidate.high) + hexOf(candidate.low));
      }
    }
    return found;
  }
}

/** Fingerprints that are equal in one band: two words for each, in no order. */
class Band {
  words = new Int32Array(2 * FIRST_COUNT);
  count = 0;

  add(high: number, low: number): void {
    if (2 * this.count === this.words.length) {
      const larger = new Int32Array(2 * this.words.length);
      larger.set(this.words);
      this.words = larger;
    }
    this.words[2 * this.count] = high;
    this.words[2 * this.count + 1] = low;
    this.count += 1;
  }

  delete(high: number, low: number): void {
    const { words } = this;
    let place = 0;
    while (words[place] !== high || words[place + 1] !== low) place += 2;
    this.count -= 1;
    words[place] = words[2 * this.count]!;
    words[place + 1] = words[2 * this.count + 1]!;
  }
}

/** Band `at` and its eight bits as one number. */
function bandKey(high: number, low: number, at: number): number {
  const word = at < 4 ? high : low;
  return (at << 8) | ((word >>> (24 - 8 * (at % 4))) & 0xff);
}

function hexOf(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
