/** The trail. */
import { AUDIT_CATEGORIES } from '../messages/audit/event-kinds.ts';
import type { MetricInfo } from './metric-info.ts';

/** The trail (AUD-23); the rate of events is the rate of `audit_events`. */
export const AUDIT_METRICS = {
  audit_events: {
    name: 'witan_audit_events_total',
    type: 'counter',
    unit: 'count',
    help: 'Entries put on the record, by category of the trail.',
    labels: { category: AUDIT_CATEGORIES },
    producer: 'trail',
  },
  audit_alerts: {
    name: 'witan_audit_alerts_total',
    type: 'counter',
    unit: 'count',
    help: 'Rules of alarm that events of the trail met.',
    labels: { rule: 'open' },
    seriesMaxCount: 100,
    producer: 'trail',
    onlyWhenFed: true,
  },
} as const satisfies Record<string, MetricInfo>;
