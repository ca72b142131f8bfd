/** The log as outsiders see it: integrity of its chain, rate of its events, witnesses (AUD-23). */
import { NO_LABELS } from './metric-info.ts';
import type { MetricInfo } from './metric-info.ts';

/** Integrity, rate and witnesses of the log. */
export const LOG_METRICS = {
  chain_intact: {
    name: 'witan_log_chain_intact',
    type: 'gauge',
    unit: 'count',
    help: '1: the last check of the whole chain held (each start is one); 0: a link is broken (AUD-23).',
    labels: NO_LABELS,
    producer: 'log check',
  },
  chain_checked: {
    name: 'witan_log_chain_checked_entries',
    type: 'gauge',
    unit: 'count',
    help: 'Entries that the last check of the chain found whole.',
    labels: NO_LABELS,
    producer: 'log check',
  },
  event_rate: {
    name: 'witan_log_event_rate',
    type: 'gauge',
    unit: 'count',
    help: 'Entries a second that the log took since the look before (AUD-23).',
    labels: NO_LABELS,
    producer: 'publisher of checkpoints',
  },
  witness_quorum: {
    name: 'witan_witness_quorum',
    type: 'gauge',
    unit: 'count',
    help: '1: the newest checkpoint has the quorum of witnesses that the policy asks for.',
    labels: NO_LABELS,
    producer: 'publisher of checkpoints',
    onlyWhenFed: true,
  },
  witness_lag: {
    name: 'witan_witness_lag_entries',
    type: 'gauge',
    unit: 'count',
    help: 'Entries that no checkpoint with a quorum covers.',
    labels: NO_LABELS,
    producer: 'publisher of checkpoints',
    onlyWhenFed: true,
  },
  verdicts_unwitnessed: {
    name: 'witan_verdicts_unwitnessed_total',
    type: 'counter',
    unit: 'count',
    help: 'Verdicts that waited for a quorum of witnesses in vain and were released without it.',
    labels: NO_LABELS,
    producer: 'ledger',
    onlyWhenFed: true,
  },
  witness_requests: {
    name: 'witan_witness_requests_total',
    type: 'counter',
    unit: 'count',
    help: 'Requests of other logs to vouch for a checkpoint, by answer.',
    labels: { status: ['200', '400', '403', '404', '409', '422', '503'] },
    producer: 'cosigner',
    onlyWhenFed: true,
  },
  log_forks: {
    name: 'witan_log_forks_total',
    type: 'counter',
    unit: 'count',
    help: 'Logs that have shown two faces, by what shows it; the signed pair is kept.',
    labels: { kind: ['same-size', 'inconsistent', 'rolled-back'] },
    producer: 'witness',
  },
} as const satisfies Record<string, MetricInfo>;
