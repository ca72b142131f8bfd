/** Settings of how much is let in: open decisions, rates, quotas. */
import { z } from 'zod';

/** Section `admission`. */
export const admission = z.strictObject({
  openDecisionMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(256)
    .describe('Decisions open at once on one node; fewer while messages wait longer than waitTargetMs.'),
  waitTargetMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(5)
    .describe(
      'Mean wait of a message for its turn above which fewer decisions are admitted; 0: never fewer.',
    ),
  ratePerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Submissions a second that one tenant may make.'),
  rateBurstCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2_000)
    .describe('Submissions that one tenant may make at once.'),
});
