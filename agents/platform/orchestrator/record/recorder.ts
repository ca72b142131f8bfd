/**
 * Appends the two entries that a decision lives by, and finds out what became of an append without an answer.
 */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import { canonicalJson } from '../../../../contracts/ledger/canonical-json.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { OpenedPayload } from '../../../../contracts/messages/session.ts';
import type { OwnedBudget } from '../../../../runtime/kernel/budget.ts';
import { createBudget } from '../../../../runtime/kernel/budget.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { LedgerEntry, LedgerEntryInput, LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import { within } from '../../../../supervisors/within.ts';

/** What the recorder needs. */
export interface RecorderPorts {
  readonly clock: Clock;
  readonly ledger: LedgerPort;
  /** Time of one append or read, ms. */
  readonly attemptMs: number;
  /**
   * Monotonic time until which an unknown outcome is looked into: the log's writer may be another node, which
   * is being replaced. Absent: two attempts.
   */
  readonly untilMs?: number | undefined;
  /** Aborts when the writer is stopped: it must append nothing more. */
  readonly signal?: AbortSignal | undefined;
}

/** An entry of the decision: the one that was offered, or the earlier one that won. */
export interface Recorded {
  readonly entry: LedgerEntry;
  /** Whether it says what was offered. */
  readonly appended: boolean;
}

const PAUSE_MS = 50;

/**
 * Appends an `opened` or `final` entry: at most one of its kind counts, and the first wins.
 *
 * When the outcome is unknown the entry is read by id; when the log answers that it is not there, the append
 * is tried once more, which cannot make a second one; and again until `untilMs`.
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
      return { entry, appended: appended || isOwn(entry, input) };
    } catch (error) {
      const failure = toWitanError(error);
      if (!isUnknown(failure)) throw withId(failure, input.decisionId);
    }
    const mayGoOn = ports.untilMs !== undefined && ports.clock.monotonicMs() < ports.untilMs;
    try {
      const found = await readEntry(input, ports);
      // Where several nodes decide it may be another's, from before the decision came here.
      if (found) return { entry: found, appended: isOwn(found, input) };
    } catch (error) {
      if (!mayGoOn || toWitanError(error).code === 'cancelled') throw error;
    }
    if (mayGoOn) await paused(ports);
    else if (attempt >= 2) throw unknownOutcome(input.decisionId);
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

/**
 * An earlier attempt of the same writer that did arrive, not somebody else's entry. What is read back also
 * says that it was sealed, which nobody offers.
 */
function isOwn({ payload }: LedgerEntry, input: LedgerEntryInput): boolean {
  const offered = (value: unknown): string => canonicalJson({ ...(value as OpenedPayload), input: null });
  return offered(payload) === offered(input.payload);
}

/** @throws cancelled */
function paused({ clock, signal }: RecorderPorts): Promise<void> {
  const pause = createBudget(clock, 2 * PAUSE_MS, signal);
  return within(pause, () => new Promise<void>((resolve) => clock.setTimer(PAUSE_MS, resolve)));
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
