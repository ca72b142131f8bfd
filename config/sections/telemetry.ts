/** Settings of what a node says about itself: logs, metrics, traces, events. */
import { z } from 'zod';
import { BasisPoints } from '../../contracts/messages/ids.ts';

/** Section `telemetry`. */
export const telemetry = z.strictObject({
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Lowest level that is written.'),
  requestSampleBp: BasisPoints.default(0).describe(
    'Share of requests that are logged; logging each one doubles its cost.',
  ),
  metrics: z.boolean().default(true).describe('Whether the node keeps metrics for Prometheus.'),
  metricsPort: z
    .int()
    .min(0)
    .max(65_535)
    .nullable()
    .default(null)
    .describe('Port of a listener for /metrics alone, 9090 by custom; 0 takes a free one, null: none.'),
  metricsHost: z
    .string()
    .min(1)
    .max(253)
    .default('127.0.0.1')
    .describe('Address that the listener for /metrics binds.'),
  otlpUrl: z.string().max(2_000).default('').meta({
    description: 'Where spans go: a collector that takes OTLP over HTTP (…/v1/traces); empty: no tracing.',
    secret: true,
  }),
  otlpHeaders: z
    .record(z.string().min(1).max(200), z.string().max(4_000))
    .default({})
    .meta({ description: 'Headers for the collector, such as its token.', secret: true }),
  traceSampleBp: BasisPoints.default(10_000).describe(
    'Share of traces that begin here and are kept; those of a caller follow its choice.',
  ),
  eventMaxCount: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Events kept per decision for late viewers.'),
  streamMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2_000)
    .describe('Decisions whose events are kept, about 25 KB each; of older ones viewers get the record.'),
});
