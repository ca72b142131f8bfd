/** The children of one supervisor and what happens to them; the pure part of the supervisor's actor. */
import { WitanError } from '../contracts/errors.ts';
import type { ActorContext, CrashDecision, StopReason } from '../runtime/kernel/actor.ts';
import { noteRestart } from '../runtime/kernel/inspect/note-restart.ts';
import { stop } from '../runtime/kernel/index.ts';
import { orderChildren } from '../runtime/kernel/lifecycle/child-order.ts';
import type { AnyRef } from '../runtime/kernel/ref.ts';
import type { ChildSpec } from './child-spec.ts';
import { RestartRecord } from './restart-record.ts';

/** Who is restarted with a failed child: nobody else, everybody, or those started after it. */
export type Strategy = 'one-for-one' | 'all-for-one' | 'rest-for-one';

/** Where a child stands. */
export type ChildPhase = 'up' | 'waiting' | 'stopping' | 'ended';

/** One child as operators see it. */
export interface ChildStatus {
  readonly id: string;
  readonly phase: ChildPhase;
  readonly ref: AnyRef | undefined;
  readonly restartCount: number;
}

/** What a supervisor sends itself. */
export type SupervisionMessage =
  { readonly type: 'restart-due' | 'overdue'; readonly id: string } | { readonly type: 'recover' };

type Context = ActorContext<SupervisionMessage>;

interface Slot {
  readonly spec: ChildSpec;
  readonly record: RestartRecord;
  phase: ChildPhase;
  ref: AnyRef | undefined;
}

const DEFAULT_SHUTDOWN_MS = 5_000;

/**
 * Children of one incarnation of a supervisor. Throws where the restart intensity is exceeded: that
 * escalates.
 */
export class Supervision {
  readonly #strategy: Strategy;
  readonly #slots: Slot[] = [];
  /** A group restart under way: slots from `from` on are stopped, then started at `dueMs`. */
  #recovery: { from: number; dueMs: number } | undefined;

  constructor(strategy: Strategy, children: readonly ChildSpec[], ctx: Context) {
    this.#strategy = strategy;
    for (const spec of children) this.#slots.push(newSlot(spec, ctx));
  }

  get stateName(): string {
    return this.#recovery ? 'recovering' : 'supervising';
  }

  has(id: string): boolean {
    return this.#slots.some((slot) => slot.spec.id === id);
  }

  statuses(): ChildStatus[] {
    return this.#slots.map(({ spec, phase, ref, record }) => ({
      id: spec.id,
      phase,
      ref,
      restartCount: record.restartCount,
    }));
  }

  startAll(ctx: Context): void {
    this.#startFrom(0, ctx);
  }

  /** Adds a child behind the others; undefined when its start failed and is tried again. */
  add(spec: ChildSpec, ctx: Context): AnyRef | undefined {
    const slot = newSlot(spec, ctx);
    this.#slots.push(slot);
    // While a group restart runs, the newcomer comes up with it, in its order.
    if (!this.#recovery) this.#startFrom(this.#slots.length - 1, ctx);
    return slot.ref;
  }

  /** Stops a child and forgets it. */
  remove(id: string, ctx: Context): void {
    const at = this.#slots.findIndex((slot) => slot.spec.id === id);
    const [slot] = at < 0 ? [] : this.#slots.splice(at, 1);
    if (!slot) return;
    if (this.#recovery && at < this.#recovery.from) this.#recovery.from -= 1;
    ctx.cancelTimer(`restart ${id}`);
    ctx.cancelTimer(`overdue ${id}`);
    if (slot.ref) {
      ctx.unwatch(slot.ref);
      void stop(slot.ref);
    }
    if (slot.phase === 'stopping') this.#stopNext(ctx);
  }

  /** Decides about a crash that a child handed up. One-for-one keeps the actor, its ref and its mailbox. */
  childCrashed(child: AnyRef, error: unknown, ctx: Context): CrashDecision {
    const slot = this.#slots.find((each) => each.ref === child);
    // Its end comes back as `terminated: crashed`, where temporary children and groups are dealt with.
    if (!slot || this.#strategy !== 'one-for-one' || slot.spec.restart === 'temporary') return 'stop-child';
    const delayMs = slot.record.grant(ctx.system.clock.monotonicMs());
    if (delayMs === undefined) {
      ctx.log.error('restart intensity exceeded', { child: slot.spec.id, error: describe(error) });
      return 'escalate';
    }
    this.#logRestart(slot, delayMs, ctx);
    return { directive: 'reset-child', delayMs };
  }

  /** A watched child is gone. @throws crashed when it may not be restarted again */
  childEnded(ref: AnyRef, reason: StopReason, ctx: Context): void {
    const index = this.#slots.findIndex((slot) => slot.ref === ref);
    const slot = this.#slots[index];
    if (!slot) return;
    slot.ref = undefined;
    ctx.cancelTimer(`overdue ${slot.spec.id}`);
    if (slot.phase === 'stopping') {
      slot.phase = isTemporary(slot) ? 'ended' : 'waiting';
      return this.#stopNext(ctx);
    }
    if (isTemporary(slot) || (slot.spec.restart === 'transient' && reason === 'stopped')) {
      slot.phase = 'ended';
      if (isTemporary(slot)) this.remove(slot.spec.id, ctx);
      return;
    }
    slot.phase = 'waiting';
    // It comes back with the group restart that is under way, which its end does not make a failure of its
    // own.
    if (this.#recovery && index >= this.#recovery.from) return;
    this.#fail(index, ctx);
  }

  /** Goes on after a timer. */
  proceed(message: SupervisionMessage, ctx: Context): void {
    if (message.type === 'recover') return this.#endRecovery(ctx);
    const slot = this.#slots.find((each) => each.spec.id === message.id);
    if (!slot) return;
    if (message.type === 'restart-due' && slot.phase === 'waiting') this.#start(slot, ctx);
    if (message.type === 'overdue' && slot.phase === 'stopping') {
      ctx.log.error('child did not stop in time', { child: slot.spec.id });
      if (slot.ref) ctx.unwatch(slot.ref);
      slot.ref = undefined;
      slot.phase = isTemporary(slot) ? 'ended' : 'waiting';
      this.#stopNext(ctx);
    }
  }

  #startFrom(from: number, ctx: Context): void {
    for (const slot of this.#slots.slice(from)) {
      // Later children of a group may need the earlier ones: they wait for the next attempt.
      if (slot.phase === 'waiting' && !this.#start(slot, ctx) && this.#strategy !== 'one-for-one') return;
    }
  }

  #start(slot: Slot, ctx: Context): boolean {
    try {
      slot.ref = slot.spec.start(ctx.self);
    } catch (error) {
      ctx.log.error('child did not start', { child: slot.spec.id, error: describe(error) });
      this.#fail(this.#slots.indexOf(slot), ctx);
      return false;
    }
    slot.phase = 'up';
    ctx.watch(slot.ref);
    if (slot.record.restartCount > 0) noteRestart(slot.ref, slot.record.restartCount);
    // A replacement would otherwise be stopped first, although others were started after it and may need it.
    const later = this.#slots.slice(this.#slots.indexOf(slot) + 1);
    orderChildren(later.flatMap((each) => each.ref ?? []));
    return true;
  }

  #fail(index: number, ctx: Context): void {
    const slot = this.#slots[index]!;
    const nowMs = ctx.system.clock.monotonicMs();
    const delayMs = slot.record.grant(nowMs);
    if (delayMs === undefined) {
      throw new WitanError('crashed', `${slot.spec.id} failed more often than its restart intensity allows`, {
        child: slot.spec.id,
        restartCount: slot.record.restartCount,
      });
    }
    this.#logRestart(slot, delayMs, ctx);
    if (this.#strategy === 'one-for-one') {
      ctx.setTimer(`restart ${slot.spec.id}`, delayMs, { type: 'restart-due', id: slot.spec.id });
      return;
    }
    const from = this.#strategy === 'all-for-one' ? 0 : index;
    const { from: oldFrom = from, dueMs = 0 } = this.#recovery ?? {};
    this.#recovery = { from: Math.min(from, oldFrom), dueMs: Math.max(nowMs + delayMs, dueMs) };
    this.#stopNext(ctx);
  }

  /** Stops the last child of the group that is up; when none is left, the group's start is due. */
  #stopNext(ctx: Context): void {
    if (!this.#recovery) return;
    const group = this.#slots.slice(this.#recovery.from);
    if (group.some((slot) => slot.phase === 'stopping')) return;
    const last = group.findLast((slot) => slot.phase === 'up');
    if (!last) {
      const delayMs = Math.max(0, this.#recovery.dueMs - ctx.system.clock.monotonicMs());
      ctx.setTimer('recover', delayMs, { type: 'recover' });
      return;
    }
    last.phase = 'stopping';
    const { id, shutdownMs = DEFAULT_SHUTDOWN_MS } = last.spec;
    ctx.setTimer(`overdue ${id}`, shutdownMs, { type: 'overdue', id });
    void stop(last.ref!);
  }

  #endRecovery(ctx: Context): void {
    const recovery = this.#recovery;
    if (!recovery || this.#slots.slice(recovery.from).some((slot) => slot.phase === 'stopping')) return;
    this.#recovery = undefined;
    this.#startFrom(recovery.from, ctx);
  }

  #logRestart(slot: Slot, delayMs: number, ctx: Context): void {
    const fields = { child: slot.spec.id, restarts: slot.record.restartCount, delayMs: Math.round(delayMs) };
    ctx.log.warn('child is restarted', { ...fields, strategy: this.#strategy });
  }
}

function newSlot(spec: ChildSpec, ctx: Context): Slot {
  return { spec, record: new RestartRecord(spec, ctx.system.random), phase: 'waiting', ref: undefined };
}

function isTemporary(slot: Slot): boolean {
  return slot.spec.restart === 'temporary';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
