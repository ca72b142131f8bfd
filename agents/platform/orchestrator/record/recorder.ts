/**
 * Appends the two entries that a decision lives by, and finds out what became of an append without an answer.
 */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { OwnedBudget } from '../../../../runtime/kernel/budget.ts';
import { createBudget } from '../../../../runtime/kernel/budget.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { LedgerEntry, LedgerEntryInput, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import { within } from '../path/within.ts';

/** What the recorder needs. */
export interface RecorderPorts {
  readonly clock: Clock;
  readonly ledger: LedgerPort;
  /** Time of one append or read, ms. */
  readonly attemptMs: number;
  /** Aborts when the writer is stopped: it must append nothing more. */
  readonly signal?: AbortSignal | undefined;
}

/** An entry of the decision: written now, or the earlier one that won. */
export interface Recorded {
  readonly entry: LedgerEntry;
  readonly appended: boolean;
}

/**
 * Appends an `opened` or `final` entry: at most one of its kind counts, and the first wins.
 *
 * When the outcome is unknown the entry is read by id; when the log answers that it is not there, the append
 * is tried once more, which cannot make a second one.
 * @throws unavailable with `decisionId` when it stays unknown, storage_failed when nothing was written,
 *   conflict for another payload, cancelled
 */
export async function recordOnce(
  input: LedgerEntryInput & { readonly kind: 'opened' | 'final'; readonly decisionId: DecisionId },
  ports: RecorderPorts,
): Promise<Recorded> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { entry, appended } = await within(budgetOf(ports), () => ports.ledger.append(input));
      return { entry, appended };
    } catch (error) {
      const failure = toWitanError(error);
      if (!isUnknown(failure)) throw withId(failure, input.decisionId);
    }
    const found = await readEntry(input, ports);
    if (found) return { entry: found, appended: true };
    if (attempt === 2) throw unknownOutcome(input.decisionId);
  }
}

/** Entries of one decision. @throws unavailable with `decisionId` when the log does not answer */
export async function readEntries(
  decisionId: DecisionId,
  ports: RecorderPorts,
): Promise<readonly LedgerEntry[]> {
  try {
    return await within(budgetOf(ports), () => ports.ledger.byDecision(decisionId));
  } catch (error) {
    const failure = toWitanError(error);
    if (failure.code === 'cancelled') throw failure;
    throw unknownOutcome(decisionId, failure);
  }
}

async function readEntry(
  input: LedgerEntryInput & { readonly decisionId: DecisionId },
  ports: RecorderPorts,
): Promise<LedgerEntry | undefined> {
  const entries = await readEntries(input.decisionId, ports);
  return entries.find((entry) => entry.kind === input.kind);
}

function budgetOf(ports: RecorderPorts): OwnedBudget {
  return createBudget(ports.clock, ports.attemptMs, ports.signal);
}

function isUnknown(error: WitanError): boolean {
  return error.code === 'unavailable' || error.code === 'deadline_exceeded' || error.code === 'crashed';
}

function unknownOutcome(decisionId: DecisionId, cause?: unknown): WitanError {
  const message = 'what became of the record is not known yet: read the decision by its id';
  return new WitanError('unavailable', message, { decisionId }, cause);
}

function withId(error: WitanError, decisionId: DecisionId): WitanError {
  if (error.code === 'conflict' || error.code === 'cancelled') return error;
  return new WitanError(error.code, error.message, { ...error.details, decisionId }, error);
}
