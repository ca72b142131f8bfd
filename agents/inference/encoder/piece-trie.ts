/** Pieces of a vocabulary by their code points, for all matches at one place in one pass. */

interface PieceNode {
  readonly next: Map<number, PieceNode>;
  /** Id of the piece that ends here; -1: none does. */
  id: number;
  score: number;
}

/** A trie over code points. A match costs no more steps than the longest piece has. */
export class PieceTrie {
  readonly #root = newNode();

  /** Adds a piece; a later one of the same text takes its place. */
  add(piece: string, id: number, score: number): void {
    let node = this.#root;
    for (const symbol of piece) {
      const point = symbol.codePointAt(0)!;
      let next = node.next.get(point);
      if (next === undefined) node.next.set(point, (next = newNode()));
      node = next;
    }
    if (node === this.#root) return;
    node.id = id;
    node.score = score;
  }

  /** Calls `found` for each piece that begins at `start`, shortest first, and returns how many there were. */
  matches(
    points: Uint32Array,
    start: number,
    found: (end: number, id: number, score: number) => void,
  ): number {
    let count = 0;
    let node: PieceNode | undefined = this.#root;
    for (let at = start; at < points.length; at += 1) {
      node = node.next.get(points[at]!);
      if (node === undefined) break;
      if (node.id >= 0) {
        found(at + 1, node.id, node.score);
        count += 1;
      }
    }
    return count;
  }
}

function newNode(): PieceNode {
  return { next: new Map(), id: -1, score: 0 };
}
