/** Collects nodes and edges of a graph, each node once. */
import type {
  ResponsibilityEdge,
  ResponsibilityKind,
  ResponsibilityNode,
} from '../../../../contracts/messages/accountability/graph.ts';

const LABEL_MAX_LENGTH = 500;

/** See the file's head. */
export class GraphBuilder {
  readonly #nodes = new Map<string, ResponsibilityNode>();
  readonly #edges: ResponsibilityEdge[] = [];

  /** In the order of their first mention. */
  get nodes(): ResponsibilityNode[] {
    return [...this.#nodes.values()];
  }

  /** In the order of their making. */
  get edges(): ResponsibilityEdge[] {
    return this.#edges;
  }

  /** Id of a node; a second mention adds facts that the first had not. */
  node(kind: ResponsibilityKind, name: string, label: string, facts: ResponsibilityNode['facts']): string {
    const id = `${kind}:${name}`;
    const known = this.#nodes.get(id);
    const node = known
      ? { ...known, facts: { ...facts, ...known.facts } }
      : { id, kind, label: label.slice(0, LABEL_MAX_LENGTH), facts };
    this.#nodes.set(id, node);
    return id;
  }

  /** Adds an edge between known nodes; without facts it has none. */
  edge(edge: Omit<ResponsibilityEdge, 'facts'> & Partial<Pick<ResponsibilityEdge, 'facts'>>): void {
    this.#edges.push({ ...edge, facts: edge.facts ?? {} });
  }
}
