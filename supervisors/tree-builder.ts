/** Spawns a whole declared tree of supervisors and actors. */
import { WitanError } from '../contracts/errors.ts';
import type { ActorSystemRef } from '../runtime/kernel/actor.ts';
import type { ActorRef } from '../runtime/kernel/ref.ts';
import type { ChildSpec } from './child-spec.ts';
import { spawnSupervisor, supervisorChild } from './supervisor.ts';
import type { SupervisorMessage, SupervisorOptions } from './supervisor.ts';
import type { Strategy } from './supervision.ts';

/** A supervisor in a declared tree; `nodes` are started in order. */
export interface SupervisorNode extends Omit<ChildSpec, 'id' | 'start'> {
  /** Last segment of its path. */
  readonly supervisor: string;
  readonly strategy?: Strategy;
  readonly nodes: readonly TreeNode[];
}

/** A supervisor with what is below it, or one child. */
export type TreeNode = SupervisorNode | ChildSpec;

/** A tree that was spawned: its top-level supervisors by name. */
export type BuiltTree = ReadonlyMap<string, ActorRef<SupervisorMessage>>;

/**
 * Spawns `branches` below the root, in order, whole: the first message of any actor finds the branches before
 * it.
 *
 * A branch that escalates has nobody above it but the root, which stops it: the host watches for that.
 * @throws invalid_argument for a name that is empty, has a slash, or stands twice below one supervisor
 */
export function buildTree(system: ActorSystemRef, branches: readonly SupervisorNode[]): BuiltTree {
  assertNames(branches, '');
  const built = new Map<string, ActorRef<SupervisorMessage>>();
  for (const branch of branches) {
    built.set(branch.supervisor, spawnSupervisor(system.root, branch.supervisor, supervisorOptions(branch)));
  }
  return built;
}

function supervisorOptions({ strategy, nodes }: SupervisorNode): SupervisorOptions {
  return { children: nodes.map(toSpec), ...(strategy && { strategy }) };
}

function toSpec(node: TreeNode): ChildSpec {
  if (!isSupervisor(node)) return node;
  const { supervisor, nodes: _nodes, strategy: _strategy, ...spec } = node;
  return supervisorChild(supervisor, { ...spec, ...supervisorOptions(node) });
}

function isSupervisor(node: TreeNode): node is SupervisorNode {
  return 'supervisor' in node;
}

function assertNames(nodes: readonly TreeNode[], path: string): void {
  const seen = new Set<string>();
  for (const node of nodes) {
    const name = isSupervisor(node) ? node.supervisor : node.id;
    if (name === '' || name.includes('/') || seen.has(name)) {
      throw new WitanError(
        'invalid_argument',
        `bad or repeated name ${JSON.stringify(name)} below ${path || '/'}`,
        {
          path: `${path}/${name}`,
          expected: 'unique, not empty, without /',
        },
      );
    }
    seen.add(name);
    if (isSupervisor(node)) assertNames(node.nodes, `${path}/${name}`);
  }
}
