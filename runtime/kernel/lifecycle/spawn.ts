/** Making actors. */
import { WitanError } from '../../../contracts/errors.ts';
import type { ActorContext, ActorOptions, Behavior } from '../actor.ts';
import { isSpecialMailbox } from '../cell/admission.ts';
import { Cell } from '../cell/cell.ts';
import type { AnyBehavior, AnyOptions } from '../cell/cell.ts';
import {
  DRAINING,
  FENCED,
  IDLE_LIMIT,
  RESETTING,
  SPECIAL_MAILBOX,
  STOPPED,
  STOPPING,
} from '../cell/flags.ts';
import { LocalRef } from '../cell/local-ref.ts';
import { noteIdle } from '../cell/measure.ts';
import { initialise } from './starting.ts';
import type { ActorRef, AnyRef } from '../ref.ts';
import { Kernel } from '../system.ts';
import type { ActorSystem } from '../system.ts';

/** Where an actor may be spawned: below another local actor, or at the top of a system. */
export type Parent = AnyRef | ActorSystem;

/**
 * Starts an actor below `parent`; its first message finds the initial state made.
 *
 * @param name Unique among the living children of the parent, without `/`; default `$1`, `$2`, …
 * @throws already_exists when a living child has the name
 * @throws stopped when the parent is stopping or gone
 * @throws invalid_argument for a name with `/` or contradicting mailbox options
 */
export function spawn<S, M>(
  parent: Parent,
  behavior: Behavior<S, M>,
  name?: string,
  options?: ActorOptions<S, M>,
): ActorRef<M> {
  const made = { name, options: options as AnyOptions | undefined };
  const cell = makeCell(parent, behavior as AnyBehavior, made);
  if (options !== undefined) initialise(cell, () => cell.core.wake(cell));
  return cell.ref as ActorRef<M>;
}

/** Starts an actor without state: the behavior gets message and context, one message at a time. */
export function spawnStateless<M>(
  parent: Parent,
  behavior: (message: M, ctx: ActorContext<M>) => void | Promise<void>,
  name?: string,
  options?: ActorOptions<undefined, M>,
): ActorRef<M> {
  const stateless = (_state: undefined, message: M, ctx: ActorContext<M>): undefined | Promise<undefined> =>
    behavior(message, ctx) as undefined | Promise<undefined>;
  const named = { behaviorName: behavior.name || 'anonymous', ...options };
  return spawn<undefined, M>(parent, stateless, name, named);
}

/** Makes a cell and hangs it into the tree, without a state yet. */
export function makeCell(
  parent: Parent,
  behavior: AnyBehavior,
  { name, options }: { name: string | undefined; options: AnyOptions | undefined },
): Cell {
  const above = parentCell(parent);
  const { core } = above;
  if ((above.flags & (STOPPING | STOPPED)) !== 0 || (core.draining && above.parent === undefined)) {
    throw new WitanError('stopped', `${above.path()} has stopped: it cannot have new children`);
  }
  if ((above.flags & RESETTING) !== 0) throw new WitanError('stopped', `${above.path()} is being reset`);
  const children = (above.children ??= new Map<string, LocalRef>());
  const childName = name ?? `$${core.nextName++}`;
  if (childName === '' || childName.includes('/')) {
    throw new WitanError('invalid_argument', 'An actor name is not empty and has no slash', { path: 'name' });
  }
  if (children.has(childName)) {
    const path = above.path();
    throw new WitanError('already_exists', `${path} has a child named ${childName}`, { name: childName });
  }
  const ref = new LocalRef();
  const cell = new Cell({
    flags: (above.flags & DRAINING) | (options === undefined ? 0 : flagsOf(options)),
    behavior,
    core,
    ref,
    parent: above,
    name: childName,
    options,
    startedMs: Math.floor(core.clock.monotonicMs() - core.startedMs),
  });
  ref.cell = cell;
  children.set(childName, ref);
  if (core.events.active) core.events.emit({ kind: 'spawned', path: cell.path() });
  if (options?.shutdownAfterMs !== undefined) noteIdle(cell);
  return cell;
}

function flagsOf(options: AnyOptions): number {
  let flags = 0;
  if (isSpecialMailbox(options.mailbox)) flags |= SPECIAL_MAILBOX;
  if (options.fence !== undefined) flags |= FENCED;
  if (options.shutdownAfterMs !== undefined) flags |= IDLE_LIMIT;
  return flags;
}

/** Cell behind a parent. @throws invalid_argument for an address that is not local */
function parentCell(parent: Parent): Cell {
  if (parent instanceof LocalRef) return parent.cell;
  if (parent instanceof Kernel) return parent.rootCell;
  throw new WitanError('invalid_argument', 'A parent is a local actor or a system', { path: 'parent' });
}
