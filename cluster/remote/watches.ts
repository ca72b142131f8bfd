/** Death watches on actors of other nodes; said again and again: a lost batch loses no farewell. */
import type { Clock, StopReason, TimerHandle } from '../../runtime/kernel/index.ts';
import type { Association } from './links/association.ts';
import type { RemoteRef } from './remote-ref.ts';
import type { BatchSender } from './wire/batch.ts';
import { FRAME } from './wire/frames.ts';

interface Watch {
  readonly id: number;
  readonly path: string;
  readonly to: Association;
  readonly onEnd: (reason: StopReason) => void;
}

/** What watches need. */
export interface WatchesParts {
  readonly clock: Clock;
  readonly max: number;
  readonly refreshMs: number;
  /** Towards the newest run of a node. @throws unavailable, not_supported */
  readonly route: (node: string) => Association;
  readonly post: (to: Association, frame: unknown[]) => boolean;
}

/** Open watches by number; each calls back exactly once, unless it is taken back. */
export class Watches {
  private readonly parts: WatchesParts;
  private readonly open = new Map<number, Watch>();
  private nextId = 1;
  private timer: TimerHandle | undefined;

  constructor(parts: WatchesParts) {
    this.parts = parts;
  }

  get size(): number {
    return this.open.size;
  }

  /** Watches the actor on the newest run of its node; a node that is not known is `unreachable` at once. */
  start(ref: RemoteRef, onEnd: (reason: StopReason) => void): () => void {
    const to = this.open.size < this.parts.max ? this.routeTo(ref.node) : undefined;
    if (to === undefined) {
      onEnd('unreachable');
      return () => undefined;
    }
    const watch: Watch = { id: this.nextId++, path: ref.path, to, onEnd };
    this.open.set(watch.id, watch);
    this.say(watch);
    this.timer ??= this.parts.clock.setTimer(this.parts.refreshMs, () => this.refresh());
    return () => {
      if (this.open.delete(watch.id)) this.parts.post(to, [FRAME.unwatch, watch.id]);
    };
  }

  /** The run at the other side says that a watched actor ended. */
  ended(run: BatchSender, id: number, reason: StopReason): void {
    const watch = this.open.get(id);
    if (watch === undefined || watch.to.peer.incarnation !== run.incarnation) return;
    this.open.delete(id);
    // Only now the other side may forget that it ended.
    this.parts.post(watch.to, [FRAME.unwatch, id]);
    watch.onEnd(reason);
  }

  /** A run is over: whatever was watched there is out of reach. */
  runEnded(to: Association): void {
    for (const watch of [...this.open.values()]) {
      if (watch.to === to && this.open.delete(watch.id)) watch.onEnd('unreachable');
    }
  }

  close(): void {
    this.timer?.cancel();
    this.open.clear();
  }

  private refresh(): void {
    this.timer = undefined;
    if (this.open.size === 0) return;
    for (const watch of this.open.values()) this.say(watch);
    this.timer = this.parts.clock.setTimer(this.parts.refreshMs, () => this.refresh());
  }

  private say(watch: Watch): void {
    this.parts.post(watch.to, [FRAME.watch, watch.id, watch.path]);
  }

  private routeTo(node: string): Association | undefined {
    try {
      return this.parts.route(node);
    } catch {
      return undefined;
    }
  }
}
