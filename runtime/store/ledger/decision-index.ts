/** Which entries belong to which decision; rebuilt from the log whenever it is opened. */

/** Places of one decision's entries. */
interface DecisionPlaces {
  readonly indices: number[];
  opened: number | undefined;
  final: number | undefined;
}

// Nearly every decision has one `opened` and one `final` entry: those are one number, `opened` below 2³¹
// and above
// it the distance to `final`, 0 while there is none. A node keeps them for every decision that it ever
// recorded, and
// objects would take five times the memory.
const SHIFT = 2 ** 31;
const MAX_DISTANCE = 2 ** 21;

/** Index of a log by decision. First `opened` and first `final` win. */
export class DecisionIndex {
  readonly #places = new Map<string, number | DecisionPlaces>();

  /** Notes an entry; entries come in log order. */
  add(decisionId: string | undefined, kind: string, index: number): void {
    if (decisionId === undefined) return;
    const known = this.#places.get(decisionId);
    if (known === undefined && kind === 'opened' && index < SHIFT) {
      this.#places.set(decisionId, index);
      return;
    }
    if (typeof known === 'number' && known < SHIFT && kind === 'final' && index - known < MAX_DISTANCE) {
      this.#places.set(decisionId, known + (index - known) * SHIFT);
      return;
    }
    const places = unpacked(known);
    if (places !== known) this.#places.set(decisionId, places);
    places.indices.push(index);
    if (kind === 'opened') places.opened ??= index;
    if (kind === 'final') places.final ??= index;
  }

  /** Index of the decision's only entry of that kind. */
  unique(decisionId: string, kind: 'opened' | 'final'): number | undefined {
    const known = this.#places.get(decisionId);
    return known === undefined ? undefined : unpacked(known)[kind];
  }

  /** Indices of the decision's entries, in log order. */
  of(decisionId: string): readonly number[] {
    return unpacked(this.#places.get(decisionId)).indices;
  }
}

function unpacked(known: number | DecisionPlaces | undefined): DecisionPlaces {
  if (known === undefined) return { indices: [], opened: undefined, final: undefined };
  if (typeof known === 'object') return known;
  const opened = known % SHIFT;
  if (known < SHIFT) return { indices: [opened], opened, final: undefined };
  const final = opened + Math.floor(known / SHIFT);
  return { indices: [opened, final], opened, final };
}
