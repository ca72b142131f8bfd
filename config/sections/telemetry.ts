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
  eventMaxCount: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Events kept per decision for late viewers.'),
  streamMaxCount: z.int().min(1).max(1_000_000).default(10_000).describe('Decisions whose events are kept.'),
});
