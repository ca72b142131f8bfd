/** Ring of waiting messages: message and origin side by side, grown by doubling up to a bound. */

const INITIAL_ENTRIES = 8;
// A ring that once held a burst gives its memory back when it is this much larger than what it needs.
const SHRINK_ABOVE_ENTRIES = 128;

/**
 * Queue of (message, origin) pairs; the origin is the sender, the reply reference of an ask, an envelope, or
 * nothing.
 *
 * `size >= limit` means that `grow` must run before the next `push`, or that the ring is full.
 */
export class Ring {
  slots: unknown[] = [];
  head = 0;
  size = 0;
  /** Entries minus one; a power of two minus one; -1 before the first message. */
  mask = -1;
  /** Messages that fit without a call of {@link grow}. */
  limit = 0;
  /** Largest size ever seen. */
  peak = 0;
  /** Largest size since the ring was last empty at the end of a slice. */
  private recentPeak = 0;

  /** Appends without a check of the bound; room must have been made. */
  push(message: unknown, origin: unknown): void {
    const at = ((this.head + this.size) & this.mask) << 1;
    const slots = this.slots;
    slots[at] = message;
    // An empty slot holds no origin, so none needs to be written.
    if (origin !== undefined) slots[at + 1] = origin;
    const size = this.size + 1;
    this.size = size;
    if (size > this.peak) this.peak = size;
  }

  /** Puts a pair in front of all others. */
  unshift(message: unknown, origin: unknown): void {
    if (this.size > this.mask) this.resize(this.mask < 0 ? INITIAL_ENTRIES : (this.mask + 1) * 2);
    this.head = (this.head - 1) & this.mask;
    this.slots[this.head << 1] = message;
    this.slots[(this.head << 1) + 1] = origin;
    if (++this.size > this.peak) this.peak = this.size;
  }

  /** Removes the oldest pair and returns its message; its origin is read first with {@link headOrigin}. */
  shift(): unknown {
    const at = this.head << 1;
    const slots = this.slots;
    const message = slots[at];
    slots[at] = undefined;
    if (slots[at + 1] !== undefined) slots[at + 1] = undefined;
    this.head = (this.head + 1) & this.mask;
    this.size -= 1;
    return message;
  }

  /** Origin of the oldest pair. */
  headOrigin(): unknown {
    return this.slots[(this.head << 1) + 1];
  }

  /** Message at `index`, oldest first. */
  messageAt(index: number): unknown {
    return this.slots[((this.head + index) & this.mask) << 1];
  }

  /** Origin at `index`, oldest first. */
  originAt(index: number): unknown {
    return this.slots[(((this.head + index) & this.mask) << 1) + 1];
  }

  /** Doubles the room, at most to `capacity`; false when the ring is full. O(size). */
  grow(capacity: number): boolean {
    if (this.size >= capacity) return false;
    if (this.size > this.mask) this.resize(this.mask < 0 ? INITIAL_ENTRIES : (this.mask + 1) * 2);
    this.limit = Math.min(this.mask + 1, capacity);
    return true;
  }

  /**
   * Called when empty at the end of a slice: returns the memory of a burst, slowly, so that bursts can
   * repeat.
   */
  settle(): void {
    if (this.mask < SHRINK_ABOVE_ENTRIES) return;
    const needed = Math.max(this.recentPeak, SHRINK_ABOVE_ENTRIES);
    if (needed * 8 <= this.mask + 1) {
      this.resize((this.mask + 1) / 2);
      this.limit = Math.min(this.limit, this.mask + 1);
    }
    this.recentPeak = 0;
  }

  /** Notes the size at the start of a slice, for {@link settle}. */
  observe(): void {
    if (this.size > this.recentPeak) this.recentPeak = this.size;
  }

  private resize(entries: number): void {
    const slots: unknown[] = [];
    for (let index = 0; index < this.size; index += 1) {
      slots.push(this.messageAt(index), this.originAt(index));
    }
    while (slots.length < entries * 2) slots.push(undefined);
    this.slots = slots;
    this.head = 0;
    this.mask = entries - 1;
  }
}

/** Stands in for the ring of an actor that never had a message; only its size and limit are read. */
export const NO_RING: Ring = new Ring();
