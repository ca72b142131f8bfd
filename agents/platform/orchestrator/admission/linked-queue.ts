/** First in, first out, with removal from the middle in O(1). */

/** Place of a value in a queue; belongs to that queue alone. */
export interface Link<T> {
  readonly value: T;
  /** @internal */ before: Link<T> | undefined;
  /** @internal */ after: Link<T> | undefined;
  /** @internal */ isLinked: boolean;
}

/** Doubly linked queue; every operation is O(1) and leaves no hole behind. */
export class LinkedQueue<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest value, or undefined when empty. */
  get first(): T | undefined {
    return this.#first?.value;
  }

  /** Puts a value at the end. */
  push(value: T): Link<T> {
    const link: Link<T> = { value, before: this.#last, after: undefined, isLinked: true };
    if (this.#last) this.#last.after = link;
    else this.#first = link;
    this.#last = link;
    this.#size += 1;
    return link;
  }

  /** Takes the oldest value, or undefined when empty. */
  shift(): T | undefined {
    const link = this.#first;
    if (link) this.remove(link);
    return link?.value;
  }

  /** Takes a value out wherever it stands; false when it is gone already. */
  remove(link: Link<T>): boolean {
    if (!link.isLinked) return false;
    link.isLinked = false;
    if (link.before) link.before.after = link.after;
    else this.#first = link.after;
    if (link.after) link.after.before = link.before;
    else this.#last = link.before;
    link.before = undefined;
    link.after = undefined;
    this.#size -= 1;
    return true;
  }
}
