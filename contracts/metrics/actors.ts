/** Actors and the record. */
import { ERROR_CODES } from '../errors.ts';
import { FAST_S, NO_LABELS } from './metric-info.ts';
import type { MetricInfo } from './metric-info.ts';

const CODES = Object.keys(ERROR_CODES);
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Actors and the record. */
export const ACTOR_METRICS = {
  actors: {
    name: 'witan_actors',
    type: 'gauge',
    unit: 'count',
    help: 'Live actors by behavior.',
    labels: { behavior: 'open' },
    producer: 'actor tree',
  },
  mailbox_depth: {
    name: 'witan_mailbox_depth',
    type: 'gauge',
    unit: 'count',
    help: 'Messages in the deepest mailbox of a behavior; above 100 is a reason to scale out (RUN-07).',
    labels: { behavior: 'open' },
    producer: 'actor tree',
  },
  mailbox_wait: {
    name: 'witan_mailbox_wait_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Sampled wait in the mailboxes of a behavior since the scrape before, worst actor (RUN-07).',
    labels: { behavior: 'open', quantile: ['0.5', '0.99'] },
    producer: 'actor tree',
  },
  actor_restarts: {
    name: 'witan_actor_restarts_total',
    type: 'counter',
    unit: 'count',
    help: 'Restarts of actors.',
    labels: NO_LABELS,
    producer: 'kernel',
  },
  actor_crashes: {
    name: 'witan_actor_crashes_total',
    type: 'counter',
    unit: 'count',
    help: 'Crashes of actors.',
    labels: NO_LABELS,
    producer: 'kernel',
  },
  actor_dead_letters: {
    name: 'witan_dead_letters_total',
    type: 'counter',
    unit: 'count',
    help: 'Messages that nobody handled.',
    labels: {
      reason: [
        'no-such-actor',
        'stopped',
        'mailbox-full',
        'dropped-oldest',
        'expired',
        'late-reply',
        'duplicate',
        'undeliverable',
      ],
    },
    producer: 'kernel',
  },
  actor_callback_failures: {
    name: 'witan_actor_callback_failures_total',
    type: 'counter',
    unit: 'count',
    help: 'Callbacks of actors that threw.',
    labels: { callback: 'open' },
    producer: 'kernel',
    onlyWhenFed: true,
  },
  append_time: {
    name: 'witan_append_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time until an entry of the log was durable.',
    labels: { kind: ['opened', 'final', 'resolution', 'late-ballot', 'key', 'admin', 'event'] },
    buckets: FAST_S,
    producer: 'ledger',
  },
  append_failures: {
    name: 'witan_append_failures_total',
    type: 'counter',
    unit: 'count',
    help: 'Appends that were refused or whose outcome is unknown.',
    labels: { code: CODES },
    producer: 'ledger',
  },
  sync_batch: {
    name: 'witan_sync_batch_entries',
    type: 'histogram',
    unit: 'count',
    help: 'Entries that one sync of the disk made durable.',
    labels: NO_LABELS,
    buckets: SIZES,
    producer: 'segment log',
  },
  sync_time: {
    name: 'witan_sync_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of one write and sync of the disk.',
    labels: NO_LABELS,
    buckets: FAST_S,
    producer: 'segment log',
  },
  log_entries: {
    name: 'witan_log_entries',
    type: 'gauge',
    unit: 'count',
    help: 'Entries of the log.',
    labels: NO_LABELS,
    producer: 'ledger',
  },
  index_lag: {
    name: 'witan_index_lag_entries',
    type: 'gauge',
    unit: 'count',
    help: 'Entries of the log that the index does not hold yet.',
    labels: NO_LABELS,
    producer: 'decision index',
  },
} as const satisfies Record<string, MetricInfo>;
