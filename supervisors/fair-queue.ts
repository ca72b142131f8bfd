/** Bounded queue that serves its keys (tenants) in turn. */

/** First in, first out within a key; keys take turns, so that a long queue of one holds nobody else up. */
export class FairQueue<T> {
  readonly #capacity: number;
  /** The key whose turn is next stands first. */
  readonly #byKey = new Map<string, T[]>();
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.#capacity;
  }

  /** Adds at the end of the key's line; false when the queue is full. */
  push(key: string, item: T): boolean {
    if (this.isFull) return false;
    const line = this.#byKey.get(key);
    if (line) line.push(item);
    else this.#byKey.set(key, [item]);
    this.#size += 1;
    return true;
  }

  /** Takes the next item of the key whose turn it is. */
  shift(): T | undefined {
    const next = this.#byKey.entries().next().value;
    if (!next) return undefined;
    const [key, line] = next;
    const item = line.shift()!;
    this.#size -= 1;
    this.#byKey.delete(key);
    if (line.length > 0) this.#byKey.set(key, line);
    return item;
  }

  /** Takes out what `isGone` says and gives it back, oldest first per key. O(size) */
  sweep(isGone: (item: T) => boolean): T[] {
    const swept: T[] = [];
    for (const [key, line] of this.#byKey) {
      const kept = line.filter((item) => !isGone(item) || (swept.push(item), false));
      if (kept.length > 0) this.#byKey.set(key, kept);
      else this.#byKey.delete(key);
    }
    this.#size -= swept.length;
    return swept;
  }
}
