/** Foreign actor trees shown as subtrees: inspected, addressed and stopped like actors of the kernel. */
import type { ActorInfo } from '../inspection-info.ts';
import type { ActorRef, AnyRef } from '../ref.ts';

/** One actor of a foreign tree; what the source does not know is left out. */
export type AdoptedNode = Pick<ActorInfo, 'behavior' | 'lifecycle'> &
  Partial<Omit<ActorInfo, 'path' | 'name' | 'node'>> & {
    /** Path inside the foreign tree; `/` is its root. */
    readonly path: string;
  };

/** A running tree of another actor system. */
export interface AdoptedSource {
  /** Name under which the tree hangs below its parent path. */
  readonly name: string;
  /** Live actors, parents before children. */
  nodes(): Iterable<AdoptedNode>;
  /** Stops the actor at an inner path; `/` stops all. */
  stop(path: string): void;
  /** Sends a message to the actor at an inner path. */
  tell(path: string, message: unknown, sender?: AnyRef): void;
}

/** Hold on an adopted tree. */
export interface Adoption {
  /** Forgets the tree without stopping it. Idempotent. */
  release(): void;
}

interface Adopted {
  readonly mount: string;
  readonly source: AdoptedSource;
}

/** All foreign trees of one system. A source that throws is treated as empty. */
export class AdoptedTrees {
  private readonly trees = new Set<Adopted>();

  /** Hangs a tree below `parentPath`. */
  add(parentPath: string, source: AdoptedSource): Adoption {
    const tree = { mount: `${parentPath === '/' ? '' : parentPath}/${source.name}`, source };
    this.trees.add(tree);
    return {
      release: () => {
        this.trees.delete(tree);
      },
    };
  }

  /** Address of a live foreign actor, or undefined. O(actors of its tree). */
  find(path: string, node: string): ActorRef<unknown> | undefined {
    for (const tree of this.trees) {
      const inner = innerPath(tree, path);
      if (inner === undefined) continue;
      if (nodesOf(tree).some((one) => one.path === inner)) return new AdoptedRef(tree, { path, inner, node });
    }
    return undefined;
  }

  /** Reports on foreign actors at and below a path. */
  *report(pathPrefix: string, node: string): Generator<ActorInfo> {
    const prefix = pathPrefix === '/' ? '' : pathPrefix.replace(/\/$/, '');
    for (const tree of this.trees) {
      for (const one of nodesOf(tree)) {
        const path = one.path === '/' ? tree.mount : `${tree.mount}${one.path}`;
        if (path !== prefix && !path.startsWith(`${prefix}/`)) continue;
        yield { ...UNKNOWN, ...one, path, name: path.slice(path.lastIndexOf('/') + 1), node };
      }
    }
  }

  /** Stops a foreign actor; false when the path is in no foreign tree. */
  stop(path: string): boolean {
    for (const tree of this.trees) {
      const inner = innerPath(tree, path);
      if (inner === undefined) continue;
      tree.source.stop(inner);
      return true;
    }
    return false;
  }

  /** Stops all foreign trees, the youngest first; one that throws does not keep the others. */
  stopAll(): void {
    for (const tree of [...this.trees].reverse()) {
      try {
        tree.source.stop('/');
      } catch {
        // The tree is let go of in any case; its own system reports its failure.
      }
      this.trees.delete(tree);
    }
  }
}

const UNKNOWN = {
  mailboxDepth: 0,
  mailboxMaxDepth: 0,
  mailboxCapacity: Number.POSITIVE_INFINITY,
  processedCount: 0,
  restartCount: 0,
  uptimeMs: 0,
  childCount: 0,
  watcherCount: 0,
};

class AdoptedRef implements ActorRef<unknown> {
  readonly path: string;
  readonly node: string;
  private readonly inner: string;
  private readonly tree: Adopted;

  constructor(tree: Adopted, at: { path: string; inner: string; node: string }) {
    this.tree = tree;
    this.path = at.path;
    this.inner = at.inner;
    this.node = at.node;
  }

  get name(): string {
    return this.path.slice(this.path.lastIndexOf('/') + 1);
  }

  tell(message: unknown, sender?: AnyRef): void {
    try {
      this.tree.source.tell(this.inner, message, sender);
    } catch {
      // A tell never throws; the foreign system has no place for what it refuses.
    }
  }
}

function innerPath(tree: Adopted, path: string): string | undefined {
  if (path === tree.mount) return '/';
  return path.startsWith(`${tree.mount}/`) ? path.slice(tree.mount.length) : undefined;
}

function nodesOf(tree: Adopted): AdoptedNode[] {
  try {
    return [...tree.source.nodes()];
  } catch {
    return [];
  }
}
