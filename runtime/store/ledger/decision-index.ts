/** Which entries belong to which decision; rebuilt from the log whenever it is opened. */

/** Places of one decision's entries. */
interface DecisionPlaces {
  readonly indices: number[];
  opened: number | undefined;
  final: number | undefined;
}

/** Index of a log by decision. First `opened` and first `final` win. */
export class DecisionIndex {
  readonly #places = new Map<string, DecisionPlaces>();

  /** Notes an entry; entries come in log order. */
  add(decisionId: string | undefined, kind: string, index: number): void {
    if (decisionId === undefined) return;
    let places = this.#places.get(decisionId);
    if (!places)
      this.#places.set(decisionId, (places = { indices: [], opened: undefined, final: undefined }));
    places.indices.push(index);
    if (kind === 'opened') places.opened ??= index;
    if (kind === 'final') places.final ??= index;
  }

  /** Index of the decision's only entry of that kind. */
  unique(decisionId: string, kind: 'opened' | 'final'): number | undefined {
    return this.#places.get(decisionId)?.[kind];
  }

  /** Indices of the decision's entries, in log order. */
  of(decisionId: string): readonly number[] {
    return this.#places.get(decisionId)?.indices ?? [];
  }
}
