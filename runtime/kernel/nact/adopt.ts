/** A running system of the `nact` package as a subtree of a kernel system. */
import { createRequire } from 'node:module';
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorSystem, AdoptedNode, Adoption } from '../index.ts';

/** Where and how a nact system is adopted. */
export interface AdoptOptions {
  /** Path of the actor below which the subtree hangs (default `/`). */
  readonly parentPath?: string;
  /** Name of the subtree (default the name of the nact system). */
  readonly name?: string;
}

interface ForeignActor {
  readonly name: string;
  readonly children: Map<string, ForeignActor>;
  readonly mailbox?: { readonly length: number };
  readonly busy?: boolean;
  readonly f?: { readonly name: string };
  stop(): void;
  dispatch?(message: unknown, sender: unknown): void;
}

interface ForeignReference {
  readonly type?: string;
  readonly system?: { readonly name?: string };
}

/**
 * Hangs a running nact system below `parentPath`: its actors are listed, addressed and stopped like our own.
 *
 * `nactSystem` is what nact's `start()` gave. Counters that nact does not keep are 0.
 * @throws invalid_argument when it is no reference to a nact system, not_found when that system has stopped
 */
export function adoptNact(system: ActorSystem, nactSystem: object, options: AdoptOptions = {}): Adoption {
  const reference = nactSystem as ForeignReference;
  const systemName = reference.system?.name;
  if (reference.type !== 'system' || typeof systemName !== 'string') {
    throw new WitanError('invalid_argument', 'What is adopted is the reference that nact’s start() gave');
  }
  const root = (): ForeignActor | undefined => foreignSystem(systemName);
  if (root() === undefined) {
    throw new WitanError('not_found', `There is no running nact system ${systemName}`, { name: systemName });
  }
  return system.adopt(options.parentPath ?? '/', {
    name: options.name ?? systemName,
    nodes: () => nodesBelow(root(), '/'),
    stop: (path) => actorAt(root(), path)?.stop(),
    tell: (path, message, sender) => {
      const actor = actorAt(root(), path);
      if (!actor?.dispatch) throw new WitanError('not_found', `There is no nact actor at ${path}`, { path });
      actor.dispatch(message, sender);
    },
  });
}

/** nact keeps its running systems in a private module: the one place that we look into. */
function foreignSystem(name: string): ForeignActor | undefined {
  const load = createRequire(import.meta.url);
  const { find } = load('nact/lib/system-map') as { find(name: string): ForeignActor | undefined };
  return find(name);
}

function* nodesBelow(actor: ForeignActor | undefined, path: string): Generator<AdoptedNode> {
  if (actor === undefined) return;
  yield {
    path,
    behavior: actor.f?.name || (path === '/' ? 'nact system' : 'anonymous'),
    lifecycle: actor.busy ? 'busy' : 'idle',
    mailboxDepth: actor.mailbox?.length ?? 0,
    childCount: actor.children.size,
  };
  for (const [name, child] of actor.children)
    yield* nodesBelow(child, path === '/' ? `/${name}` : `${path}/${name}`);
}

function actorAt(root: ForeignActor | undefined, path: string): ForeignActor | undefined {
  let at = root;
  for (const name of path.split('/').filter(Boolean)) at = at?.children.get(name);
  return at;
}
