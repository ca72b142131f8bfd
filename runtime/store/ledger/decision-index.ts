/** Which entries belong to which decision; rebuilt whenever a log is opened. */

/** Entries of a decision that its slot in the table does not hold. */
interface OtherPlaces {
  readonly indices: number[];
  opened: number | undefined;
  final: number | undefined;
}

const SHARDS = 256;
const DECISION_ID = /^d[0-9a-f]{32}$/;

/**
 * Index of a log by decision. First `opened` and first `final` win.
 *
 * A node keeps two numbers for every decision that it ever recorded, so they lie in tables of numbers, 24 to
 * 60 bytes for each. Tables are many and grow one at a time: growing one never takes long.
 */
export class DecisionIndex {
  readonly #shards: (SlotTable | undefined)[] = Array.from({ length: SHARDS }, () => undefined);
  readonly #others = new Map<string, OtherPlaces>();

  /** Notes an entry; entries come in log order. */
  add(decisionId: string | undefined, kind: string, index: number): void {
    if (decisionId === undefined) return;
    const shard = Number.parseInt(decisionId.slice(1, 3), 16);
    const table = (this.#shards[shard] ??= new SlotTable());
    const slot = table.find(decisionId);
    if (slot < 0 && kind === 'opened' && index < NONE && !this.#others.has(decisionId)) {
      table.insert(decisionId, index);
    } else if (slot >= 0 && kind === 'final' && index < NONE && table.final(slot) === undefined) {
      table.setFinal(slot, index);
    } else {
      this.#addOther(decisionId, kind, index);
    }
  }

  /** Index of the decision's only entry of that kind. */
  unique(decisionId: string, kind: 'opened' | 'final'): number | undefined {
    const { table, slot } = this.#slot(decisionId);
    const inSlot = table && (kind === 'opened' ? table.opened(slot) : table.final(slot));
    return inSlot ?? this.#others.get(decisionId)?.[kind];
  }

  /** Indices of the decision's entries, in log order. */
  of(decisionId: string): readonly number[] {
    const { table, slot } = this.#slot(decisionId);
    const inSlot = table ? [table.opened(slot), table.final(slot)] : [];
    const all = [...inSlot, ...(this.#others.get(decisionId)?.indices ?? [])];
    return all.filter((index) => index !== undefined).sort((left, right) => left - right);
  }

  #slot(decisionId: string): { readonly table: SlotTable | undefined; readonly slot: number } {
    const isId = DECISION_ID.test(decisionId);
    const table = isId ? this.#shards[Number.parseInt(decisionId.slice(1, 3), 16)] : undefined;
    const slot = table?.find(decisionId) ?? -1;
    return { table: slot < 0 ? undefined : table, slot };
  }

  #addOther(decisionId: string, kind: string, index: number): void {
    const known = this.#others.get(decisionId);
    const places = known ?? { indices: [], opened: undefined, final: undefined };
    if (!known) this.#others.set(decisionId, places);
    places.indices.push(index);
    if (kind === 'opened') places.opened ??= index;
    if (kind === 'final') places.final ??= index;
  }
}

/** Stands for "no entry". */
const NONE = 0xffff_ffff;
const WORDS = 6;
const OPENED = 4;
const FINAL = 5;

/** Open addressing with linear steps: id (four words), `opened`, `final`. A slot without `opened` is free. */
class SlotTable {
  #slots = new Uint32Array(8 * WORDS).fill(NONE);
  #count = 0;
  readonly #words = new Uint32Array(4);

  /** Slot of a decision, or -1. */
  find(decisionId: string): number {
    this.#read(decisionId);
    const slot = this.#place();
    return this.#slots[slot * WORDS + OPENED] === NONE ? -1 : slot;
  }

  insert(decisionId: string, opened: number): void {
    if ((this.#count + 1) * 5 > (this.#slots.length / WORDS) * 4) this.#grow();
    this.#read(decisionId);
    const at = this.#place() * WORDS;
    this.#slots.set(this.#words, at);
    this.#slots[at + OPENED] = opened;
    this.#slots[at + FINAL] = NONE;
    this.#count += 1;
  }

  opened(slot: number): number | undefined {
    return numberAt(this.#slots, slot * WORDS + OPENED);
  }

  final(slot: number): number | undefined {
    return numberAt(this.#slots, slot * WORDS + FINAL);
  }

  setFinal(slot: number, index: number): void {
    this.#slots[slot * WORDS + FINAL] = index;
  }

  /** Slot that holds the id, or the free one where it belongs. */
  #place(): number {
    const slots = this.#slots;
    const [first, second, third, fourth] = this.#words;
    const mask = slots.length / WORDS - 1;
    // The first byte chose the table: the last word chooses the slot.
    for (let slot = fourth! & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (slots[at + OPENED] === NONE) return slot;
      const isSame = slots[at] === first && slots[at + 1] === second && slots[at + 2] === third;
      if (isSame && slots[at + 3] === fourth) return slot;
    }
  }

  #read(decisionId: string): void {
    for (let word = 0; word < 4; word += 1) {
      this.#words[word] = Number.parseInt(decisionId.slice(1 + word * 8, 9 + word * 8), 16);
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2).fill(NONE);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + OPENED] === NONE) continue;
      this.#words.set(old.subarray(at, at + 4));
      this.#slots.set(old.subarray(at, at + WORDS), this.#place() * WORDS);
    }
  }
}

function numberAt(slots: Uint32Array, at: number): number | undefined {
  const value = slots[at]!;
  return value === NONE ? undefined : value;
}
