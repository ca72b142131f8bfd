/** Decisions that are final, kept for a while: they change only by a person's word and by anchoring. */
import type { DecisionView } from '../../contracts/messages/decision-view.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { ClientClock } from './client-clock.ts';

/** Bounds of the cache. */
export interface CacheOptions {
  readonly maxCount: number;
  /** Age up to which a kept view is given without asking the node, ms. */
  readonly freshMs: number;
}

/** Views by decision; the least lately read go first. */
export class FinalCache {
  readonly #clock: ClientClock;
  readonly #options: CacheOptions;
  readonly #views = new Map<DecisionId, { readonly view: DecisionView; readonly atMs: number }>();

  constructor(clock: ClientClock, options: CacheOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** A view that is fresh, or any that is kept when `stale`. */
  get(decisionId: DecisionId, { stale = false }: { stale?: boolean } = {}): DecisionView | undefined {
    const kept = this.#views.get(decisionId);
    if (!kept) return undefined;
    if (!stale && this.#clock.monotonicMs() - kept.atMs > this.#options.freshMs) return undefined;
    this.#views.delete(decisionId);
    this.#views.set(decisionId, kept);
    return kept.view;
  }

  /** Keeps a view if it is final. */
  put(view: DecisionView): void {
    if (view.state !== 'final') return;
    this.#views.delete(view.decisionId);
    this.#views.set(view.decisionId, { view, atMs: this.#clock.monotonicMs() });
    if (this.#views.size > this.#options.maxCount) this.#views.delete(this.#views.keys().next().value!);
  }

  /** Forgets one decision, or all. */
  forget(decisionId?: DecisionId): void {
    if (decisionId === undefined) this.#views.clear();
    else this.#views.delete(decisionId);
  }
}
