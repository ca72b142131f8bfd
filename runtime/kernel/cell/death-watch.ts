/** Death watch: exactly one `terminated` per watch, also when the watched actor is already gone. */
import type { Signal, StopReason } from '../actor.ts';
import type { AnyRef } from '../ref.ts';
import type { Cell, Watcher } from './cell.ts';
import { SIGNALS, STOPPED } from './flags.ts';
import { LocalRef } from './local-ref.ts';

/** A ref of another kind (remote, adopted) that can tell when its actor ends. */
export interface WatchableRef extends AnyRef {
  /** Calls `onEnd` once when the actor ends, at once if it is gone; the result takes the watch back. */
  watchEnd(onEnd: (reason: StopReason) => void): () => void;
}

class CellWatcher implements Watcher {
  private readonly watching: Cell;
  private readonly watched: AnyRef;
  /** Undoes the watch at a foreign ref. */
  undo: (() => void) | undefined = undefined;

  constructor(watching: Cell, watched: AnyRef) {
    this.watching = watching;
    this.watched = watched;
  }

  notify(ref: AnyRef, reason: StopReason): void {
    const cell = this.watching;
    // The entry stays until delivery, so that an unwatch in between still takes the signal back.
    if (cell.extras?.watching?.get(ref) !== this) return;
    signalCell(cell, { kind: 'terminated', ref, reason });
  }

  cancel(): void {
    if (this.watched instanceof LocalRef) this.watched.cell.extras?.watchers?.delete(this);
    else this.undo?.();
  }
}

/** Starts a watch; a second one of the same ref changes nothing. */
export function watch(cell: Cell, ref: AnyRef): void {
  if (ref === cell.ref) return;
  const watching = (cell.more().watching ??= new Map<AnyRef, Watcher>());
  if (watching.has(ref)) return;
  const watcher = new CellWatcher(cell, ref);
  watching.set(ref, watcher);
  if (ref instanceof LocalRef) {
    const target = ref.cell;
    if ((target.flags & STOPPED) !== 0) watcher.notify(ref, target.extras?.stopReason ?? 'stopped');
    else (target.more().watchers ??= new Set()).add(watcher);
  } else if ('watchEnd' in ref) {
    watcher.undo = (ref as WatchableRef).watchEnd((reason) => watcher.notify(ref, reason));
  } else {
    watcher.notify(ref, 'never-existed');
  }
}

/** Ends a watch; a `terminated` that is already on its way is not delivered. */
export function unwatch(cell: Cell, ref: AnyRef): void {
  const watcher = cell.extras?.watching?.get(ref);
  if (watcher === undefined) return;
  cell.extras!.watching!.delete(ref);
  watcher.cancel();
  const signals = cell.extras!.signals;
  if (signals === undefined) return;
  cell.extras!.signals = signals.filter((signal) => signal.kind !== 'terminated' || signal.ref !== ref);
}

/** Watches from outside of all actors: `onEnd` once, at once when it is gone; the result takes it back. */
export function watchFromOutside(ref: LocalRef, onEnd: (reason: StopReason) => void): () => void {
  const target = ref.cell;
  if ((target.flags & STOPPED) !== 0) {
    onEnd(target.extras?.stopReason ?? 'stopped');
    return () => undefined;
  }
  const watcher: Watcher = { notify: (_ref, reason) => onEnd(reason), cancel: () => undefined };
  const watchers = (target.more().watchers ??= new Set());
  watchers.add(watcher);
  return () => void target.extras?.watchers?.delete(watcher);
}

/** Tells everyone who watches `cell`, and ends the watches that it held. */
export function endWatches(cell: Cell, reason: StopReason): void {
  const extras = cell.extras;
  if (extras === undefined) return;
  const { watchers, watching } = extras;
  extras.watchers = undefined;
  extras.watching = undefined;
  if (watching !== undefined) for (const watcher of watching.values()) watcher.cancel();
  if (watchers !== undefined) for (const watcher of watchers) watcher.notify(cell.ref, reason);
}

/** Queues a signal ahead of user messages. */
export function signalCell(cell: Cell, signal: Signal): void {
  if ((cell.flags & STOPPED) !== 0) return;
  const extras = cell.more();
  (extras.signals ??= []).push(signal);
  cell.flags |= SIGNALS;
  cell.core.wake(cell);
}
