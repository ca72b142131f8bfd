/** Asks that an actor owes an answer to: they fail at once when it can no longer give one. */
import type { StopReason } from '../actor.ts';
import { ReplyRef } from './reply-ref.ts';
import { senderOf } from './envelope.ts';
import type { Cell } from '../cell/cell.ts';

/** Fails all open asks of an actor that ends, except the one behind the origin `keep`. */
export function endedAsks(cell: Cell, { keep, reason }: { keep: unknown; reason: StopReason }): void {
  const kept = senderOf(keep);
  let ask = cell.asks;
  while (ask !== undefined) {
    const next: ReplyRef | undefined = ask.nextAsk;
    if (ask !== kept) failEnded(ask, cell, reason);
    ask = next;
  }
}

/** Fails one ask because `cell` has ended or is ending. */
export function failEnded(ask: ReplyRef, cell: Cell, reason: StopReason): void {
  const cause = cell.extras?.stopCause;
  const path = cell.path();
  if (reason === 'crashed') {
    ask.fail('crashed', `The actor ${path} crashed`, { actor: path, reason: reasonText(cause) });
  } else {
    ask.fail('stopped', `The actor ${path} has stopped`, { actor: path, reason });
  }
}

/**
 * Fails the asks that were taken but not answered when the state behind them is lost; `queued` ones live on.
 */
export function lostAsks(cell: Cell, queued: ReadonlySet<ReplyRef>, error: unknown): void {
  let ask = cell.asks;
  while (ask !== undefined) {
    const next: ReplyRef | undefined = ask.nextAsk;
    if (!queued.has(ask)) failCrashed(ask, cell, error);
    ask = next;
  }
}

/** Fails one ask because the turn that should have answered it crashed. */
export function failCrashed(ask: ReplyRef, cell: Cell, error: unknown): void {
  const path = cell.path();
  ask.fail('crashed', `The actor ${path} crashed`, { actor: path, reason: reasonText(error) });
}

/** The code of a typed error, or the message of another: what `details.reason` of a failed ask says. */
export function reasonText(error: unknown): string {
  if (error !== null && typeof error === 'object' && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return describe(error);
}

/** Text of anything thrown; a value whose conversion throws has one too. */
export function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'a value that cannot be shown';
  }
}
