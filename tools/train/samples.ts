/** Texts to learn from, with the source that they are held out with. */

/** One text to learn from. */
export interface Sample {
  readonly text: string;
  readonly label: 0 | 1;
  /** Set it stands in, or `own`. */
  readonly source: string;
  /** Held out together; −1 never is. */
  readonly fold: number;
}

/** Every `step`-th item. */
export function every<Item>(items: readonly Item[], step: number): readonly Item[] {
  return items.filter((_, index) => index % step === 0);
}

/** At most `most` items, spread evenly. */
export function spread<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)]!);
}

/** A fold that follows from the text alone. */
export function dealt(text: string, folds: number): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619) >>> 0;
  return (hash >>> 7) % folds;
}

/** Collects samples of sources that are held out whole. */
export class SampleList {
  readonly all: Sample[] = [];
  readonly #folds: Readonly<Record<string, number>>;
  readonly #foldCount: number;

  /** @param folds Fold by source; a source that is not named is never held out. */
  constructor(folds: Readonly<Record<string, number>>, foldCount: number) {
    this.#folds = folds;
    this.#foldCount = foldCount;
  }

  readonly add = (source: string, label: 0 | 1, texts: readonly string[]): void => {
    for (const text of texts) this.all.push({ text, label, source, fold: this.#foldOf(source, text) });
  };

  /** The one set of general instructions is dealt to all folds: without it no model knows ordinary requests. */
  #foldOf(source: string, text: string): number {
    return source === 'hal_halueval_general' ? dealt(text, this.#foldCount) : (this.#folds[source] ?? -1);
  }
}
