/** When a version has shown itself unfit: pure, from what came of its requests. */

/** What came of one request. Overload, deadlines and faults of the caller say nothing of a model: not told. */
export type ModelOutcome = 'answered' | 'refused' | 'crashed';

/** Bounds above which a node goes back by itself. */
export interface RollbackBounds {
  /** Share of requests that the model refused. */
  readonly refusedBp: number;
  /** Requests that are needed for a share to mean something. */
  readonly minCount: number;
  /** The last one to two of these times are looked at. */
  readonly windowMs: number;
  /** Crashes within the window that are a loop. */
  readonly crashCount: number;
}

/** Bounds where nothing is set. */
export const DEFAULT_BOUNDS: RollbackBounds = {
  refusedBp: 1_000,
  minCount: 50,
  windowMs: 60_000,
  crashCount: 3,
};

/** Versions that are watched; the one that was silent for longest goes first. */
const WATCHED_LIMIT = 256;

interface Counts {
  all: number;
  refused: number;
  crashed: number;
}

interface Watched {
  windowStartMs: number;
  current: Counts;
  previous: Counts;
}

/** Outcomes of each version in a sliding window. O(1) a request. */
export class OutcomeWatch {
  readonly #bounds: RollbackBounds;
  readonly #watched = new Map<string, Watched>();

  constructor(bounds: RollbackBounds) {
    this.#bounds = bounds;
  }

  /** Notes an outcome of `id@version`. Gives the reason to leave the version, undefined while there is none. */
  note(name: string, outcome: ModelOutcome, nowMs: number): string | undefined {
    const watched = this.#at(name, nowMs);
    watched.current.all += 1;
    if (outcome !== 'answered') watched.current[outcome] += 1;
    return this.#reason(watched);
  }

  /** Forgets a version, so that it is judged anew when it serves again. */
  forget(name: string): void {
    this.#watched.delete(name);
  }

  #at(name: string, nowMs: number): Watched {
    const { windowMs } = this.#bounds;
    const watched = this.#watched.get(name) ?? { windowStartMs: nowMs, current: none(), previous: none() };
    const passed = Math.floor((nowMs - watched.windowStartMs) / windowMs);
    if (passed > 0) {
      watched.previous = passed === 1 ? watched.current : none();
      watched.current = none();
      watched.windowStartMs += passed * windowMs;
    }
    // Set anew, so that the order of the map is that of the last use.
    this.#watched.delete(name);
    this.#watched.set(name, watched);
    if (this.#watched.size > WATCHED_LIMIT) this.#watched.delete(this.#watched.keys().next().value!);
    return watched;
  }

  #reason({ current, previous }: Watched): string | undefined {
    const { refusedBp, minCount, crashCount } = this.#bounds;
    const crashed = current.crashed + previous.crashed;
    if (crashed >= crashCount) return `${crashed} crashes, bound ${crashCount}`;
    const all = current.all + previous.all;
    const failed = current.refused + previous.refused + crashed;
    if (all < minCount || failed * 10_000 <= all * refusedBp) return undefined;
    return `${failed} of ${all} requests refused, bound ${refusedBp / 100} %`;
  }
}

function none(): Counts {
  return { all: 0, refused: 0, crashed: 0 };
}
