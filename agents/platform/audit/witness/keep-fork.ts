/** A log with two faces: kept as the log's own signed words, told once, never forgotten. */
import type { ActorContext } from '../../../../runtime/kernel/index.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../../runtime/kernel/ports/telemetry.ts';
import type {
  ForkEvidence,
  WitnessStorePort,
} from '../../../../runtime/kernel/ports/witness/witness-store.ts';

/** Where a fork goes. */
export interface ForkPorts {
  readonly store: Pick<WitnessStorePort, 'keepEvidence'>;
  readonly ledger: Pick<LedgerPort, 'append'>;
  readonly telemetry: Pick<TelemetryPort, 'count'>;
}

/**
 * Keeps the pair in a file, then tells of it: log line, metric, security event on the record. The same pair a
 * second time is passed over. @throws storage_failed when the pair cannot be kept
 */
export async function keepFork(
  evidence: ForkEvidence,
  { store, ledger, telemetry }: ForkPorts,
  { log }: Pick<ActorContext<never>, 'log'>,
): Promise<void> {
  if (!(await store.keepEvidence(evidence))) return;
  const { kind, origin, first, second, at } = evidence;
  telemetry.count('log_forks', 1, { kind });
  log.error('a log has shown two faces: its signed words are kept as evidence', { kind, origin });
  const payload = { event: 'log-fork', severity: 'critical', kind, origin, first, second, at };
  try {
    await ledger.append({ kind: 'event', tenant: 'system', payload });
  } catch (error) {
    // The file is the evidence; the entry only tells of it.
    log.error('the fork could not be put on the record', { origin, error: String(error) });
  }
}
