/** What nodes told of their load lately, as looks at the whole cluster. */
import type { LoadFigures } from '../../contracts/messages/cluster/load.ts';
import type { LoadSample } from './load-sample.ts';

/** Settings of a window. */
export interface LoadWindowOptions {
  /** How long looks are kept, ms. */
  readonly keepMs: number;
  /** Figures that are older do not count: their node says nothing any more. */
  readonly staleMs: number;
  /** Nodes that are listened to at most. */
  readonly maxNodes: number;
}

/** Figures by run of a node, and the looks that were taken. */
export class LoadWindow {
  readonly #options: LoadWindowOptions;
  readonly #latest = new Map<string, { readonly figures: LoadFigures; readonly atMs: number }>();
  #samples: LoadSample[] = [];

  constructor(options: LoadWindowOptions) {
    this.#options = options;
  }

  /** Looks so far, oldest first. */
  get samples(): readonly LoadSample[] {
    return this.#samples;
  }

  /** Takes what a node told; false when too many nodes told of theirs. */
  note(figures: LoadFigures, nowMs: number): boolean {
    const { node } = figures;
    if (!this.#latest.has(node) && this.#latest.size >= this.#options.maxNodes) return false;
    this.#latest.set(node, { figures, atMs: nowMs });
    return true;
  }

  /** Looks at the nodes of `deciding`, by name and shards; those that told nothing of late are left out. */
  look(deciding: ReadonlyMap<string, number>, nowMs: number): void {
    const { keepMs, staleMs } = this.#options;
    for (const [node, { atMs }] of this.#latest) if (nowMs - atMs > staleMs) this.#latest.delete(node);
    const nodes = [...deciding.keys()].flatMap((node) => this.#latest.get(node)?.figures ?? []);
    this.#samples = this.#samples.filter(({ atMs }) => atMs > nowMs - keepMs);
    if (nodes.length === 0) return;
    this.#samples.push({ atMs: nowMs, nodes, shardCounts: [...deciding.values()] });
  }
}
