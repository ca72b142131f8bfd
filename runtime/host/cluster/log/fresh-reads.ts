/** Reads of a shared record that miss nothing which any node was told is on it. */
import type { Clock } from '../../../kernel/clock.ts';
import type { LedgerEntry, LedgerPort } from '../../../kernel/ports/ledger.ts';
import { withAppend } from '../../../kernel/ports/ledger.ts';
import type { SharedLog } from './open-cluster-log.ts';

type FreshLog = Pick<SharedLog, 'caughtUp'>;

/**
 * The same ledger, which reads a decision's entries when this node has caught up: what is decided upon them
 * must not be old. Heads are given out when this node has all that they cover: whoever publishes one can
 * prove it. Both @throws unavailable where no writer answers
 */
export function freshReads(ledger: LedgerPort, log: FreshLog): LedgerPort {
  return {
    ...withAppend(ledger, (entry, term) => ledger.append(entry, term)),
    byDecision: async (decisionId) => {
      await log.caughtUp();
      return ledger.byDecision(decisionId);
    },
    // One that is not here yet is no sign that there is none.
    entry: async (index) => {
      if (index >= ledger.size()) await log.caughtUp();
      return ledger.entry(index);
    },
    checkpoint: async () => {
      const head = await ledger.checkpoint();
      if (ledger.size() < head.size) await log.caughtUp();
      return head;
    },
  };
}

/** How long a reader waits for what may have come after the end of a decision, ms. */
const PATIENCE_MS = 500;

/**
 * The same for readers: fresh entries, but where this node's copy says how a decision ended and no writer
 * answers soon, that is given, for it does not change.
 */
export function patientReads(ledger: LedgerPort, log: FreshLog, clock: Clock): LedgerPort {
  const fresh = freshReads(ledger, log);
  return {
    ...fresh,
    byDecision: async (decisionId) => {
      const kept = await ledger.byDecision(decisionId).catch(() => []);
      if (!kept.some(({ kind }) => kind === 'final')) return fresh.byDecision(decisionId);
      return new Promise<LedgerEntry[]>((resolve) => {
        const give = (): void => resolve(kept);
        const timer = clock.setTimer(PATIENCE_MS, give);
        fresh
          .byDecision(decisionId)
          .then(resolve, give)
          .finally(() => timer.cancel());
      });
    },
  };
}
