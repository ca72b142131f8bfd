/** Ports that tell how long their calls take: the ledger and the policy step. */
import { toWitanError } from '../../contracts/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import { withAppend } from '../kernel/ports/ledger.ts';
import type { LedgerPort } from '../kernel/ports/ledger.ts';
import type { PolicyPort } from '../kernel/ports/policy.ts';
import type { TelemetryPort } from '../kernel/ports/telemetry.ts';

type Sink = Pick<TelemetryPort, 'count' | 'time'>;

/** The same ledger; the time and the failures of its appends are told. */
export function measuredLedger(ledger: LedgerPort, clock: Clock, sink: Sink): LedgerPort {
  const append: LedgerPort['append'] = async (entry, options) => {
    const startedMs = clock.monotonicMs();
    try {
      const receipt = await ledger.append(entry, options);
      sink.time('append_time', clock.monotonicMs() - startedMs, { kind: entry.kind });
      return receipt;
    } catch (error) {
      sink.count('append_failures', 1, { code: toWitanError(error).code });
      throw error;
    }
  };
  return withAppend(ledger, append);
}

/** The same policy; its time is told, and whether the revision that was asked for is loaded. */
export function measuredPolicy(policy: PolicyPort, clock: Clock, sink: Sink): PolicyPort {
  return {
    current: () => policy.current(),
    async evaluate(decision, budget, frozen) {
      const startedMs = clock.monotonicMs();
      try {
        const answer = await policy.evaluate(decision, budget, frozen);
        sink.time('policy_time', clock.monotonicMs() - startedMs);
        sink.count('policy_cache', 1, HIT);
        return answer;
      } catch (error) {
        if (toWitanError(error).code === 'not_supported') sink.count('policy_cache', 1, MISS);
        throw error;
      }
    },
  };
}

const HIT = { result: 'hit' };
const MISS = { result: 'miss' };
