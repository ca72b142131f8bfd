/** The wait of a starting node until its copy of the record is not behind. */
import { WitanError, toWitanError } from '../../../../contracts/errors.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { LedgerPort } from '../../../kernel/ports/ledger.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import type { SharedLog } from './open-cluster-log.ts';

/** What is waited with. */
export interface CopyWait {
  readonly log: Pick<SharedLog, 'caughtUp'>;
  readonly ledger: Pick<LedgerPort, 'size'>;
  readonly clock: Clock;
  readonly telemetry?: Pick<TelemetryPort, 'log'> | undefined;
  readonly signal: AbortSignal;
}

/** How long a copy may stand still, and how long a writer is waited for, ms. */
const STILL_MS = 30_000;

/**
 * Resolves when this node reads all that was acknowledged before the call, however long a copy that grows
 * takes for it: until then the node would judge by an old record, and take over decisions that it cannot
 * read. Where no node writes the record for half a minute it resolves too: who comes next may be the writer.
 * @throws unavailable when the copy stands still behind the others, and the signal's reason
 */
export async function copyFilled({ log, ledger, clock, telemetry, signal }: CopyWait): Promise<void> {
  let size = ledger.size();
  let movedAtMs = clock.monotonicMs();
  for (;;) {
    try {
      return await log.caughtUp();
    } catch (error) {
      signal.throwIfAborted();
      const fault = toWitanError(error);
      if (fault.code !== 'unavailable') throw fault;
      const now = ledger.size();
      if (now > size) [size, movedAtMs] = [now, clock.monotonicMs()];
      const { asked } = fault.details;
      const fields = { size: now, asked, reason: fault.message };
      telemetry?.log('info', '/system/cluster/log', 'waits for the copy of the record', fields);
      if (clock.monotonicMs() - movedAtMs < STILL_MS) continue;
      if (asked === undefined) return;
      throw new WitanError(
        'unavailable',
        'the copy of the record does not grow',
        { size: now, asked },
        fault,
      );
    }
  }
}
