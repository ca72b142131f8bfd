/** Verdicts that wait a while for witnesses, where the settings say so. */
import type {
  PublishedCheckpoint,
  WitnessMessage,
} from '../../../../agents/platform/audit/witness/witness-messages.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import { withAppend } from '../../../kernel/ports/ledger.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';

/** How verdicts wait. */
export interface VerdictWait {
  readonly system: ActorSystem;
  readonly telemetry: Pick<TelemetryPort, 'count'>;
  /** 0: not at all. */
  readonly waitMs: number;
}

/**
 * The same ledger; the receipt of a `final` entry comes when a quorum of witnesses has vouched for it, or
 * when the time is over: a missing quorum never keeps a verdict, which is durable by then, from its caller.
 */
export function verdictAfterQuorum(
  ledger: LedgerPort,
  { system, telemetry, waitMs }: VerdictWait,
): LedgerPort {
  if (waitMs === 0) return ledger;
  const witness = (): ActorRef<WitnessMessage> =>
    system.resolve('/platform/audit/witness') as ActorRef<WitnessMessage>;
  return withAppend(ledger, async (entry, options) => {
    const receipt = await ledger.append(entry, options);
    if (entry.kind !== 'final') return receipt;
    const size = receipt.index + 1;
    try {
      const message = (replyTo: ActorRef<PublishedCheckpoint>) => ({
        type: 'await-quorum' as const,
        size,
        replyTo,
      });
      await query(witness(), message, { timeoutMs: waitMs, via: system });
    } catch {
      telemetry.count('verdicts_unwitnessed', 1);
    }
    return receipt;
  });
}
