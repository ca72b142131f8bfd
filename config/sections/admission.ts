/** Settings of how much is let in: open decisions, rates, quotas. */
import { z } from 'zod';
import { OPERATIONS } from '../../contracts/operations.ts';
import type { OperationName } from '../../contracts/operations.ts';
import { TenantName } from './identity.ts';

const count = z.int().min(1).max(1_000_000_000);
const streamCount = z.int().min(1).max(1_000_000);
const windowMs = z.int().min(100).max(86_400_000);
const operation = z.enum(Object.keys(OPERATIONS) as [OperationName, ...OperationName[]]);
const TierName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);

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
  waitMaxMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(100)
    .describe(
      'Longest wait of a submission for a credit, ms, and at most half of its own time; 0: nobody waits. ' +
        'Only a tenant below its share of the credits may wait.',
    ),
  waitMaxCount: count.default(256).describe('Submissions of all tenants that may wait for a credit.'),
  tenantWaitMaxCount: count.default(64).describe('Submissions of one tenant that may wait for a credit.'),
  tierShares: z
    .record(TierName, z.int().min(1).max(1_000))
    .default({})
    .describe('Weight of each tenant of a tier when tenants share the credits; 1 where none is named.'),
  ratePerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Submissions a second that one tenant may make at one node.'),
  rateBurstCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2_000)
    .describe('Submissions that one tenant may make at once.'),
  ipRequestMaxCount: count
    .default(1_000)
    .describe('Requests of one address in a window, failed ones included (GWY-14).'),
  ipWindowMs: windowMs.default(300_000).describe('Window of ipRequestMaxCount.'),
  keyRequestMaxCount: count
    .default(100)
    .describe('Requests of one API key, user or certificate in a window (GWY-15).'),
  keyWindowMs: windowMs.default(60_000).describe('Window of keyRequestMaxCount and operationMaxCounts.'),
  operationMaxCounts: z
    .partialRecord(operation, count)
    .default({})
    .describe('Requests of one caller to one operation in a window of keyWindowMs (GWY-16).'),
  callerStreamMaxCount: streamCount
    .default(250)
    .describe('Streams and WebSockets that one API key, user or certificate holds open at one node.'),
  addressStreamMaxCount: streamCount
    .default(500)
    .describe('Streams and WebSockets that one address holds open at one node.'),
  limitLoopback: z
    .boolean()
    .default(false)
    .describe('Whether this machine’s own addresses are limited like others.'),
  limitedAddressMaxCount: z
    .int()
    .min(1_000)
    .max(10_000_000)
    .default(100_000)
    .describe('Addresses whose requests are counted at once; beyond it the oldest window is forgotten.'),
  tierCredits: z
    .record(TierName, z.int().min(0).max(1_000_000_000_000))
    .default({ free: 100, pro: 10_000, team: 100_000, enterprise: 0 })
    .describe('Credits of each tier in a period; 0: not metered (GWY-17).'),
  tenantTiers: z.record(TenantName, TierName).default({}).describe('Tier of each tenant.'),
  defaultTier: TierName.default('enterprise').describe('Tier of a tenant that tenantTiers does not name.'),
  creditPeriodDays: z.int().min(1).max(366).default(30).describe('Period after which credits start anew.'),
  creditCosts: z
    .partialRecord(operation, z.int().min(0).max(1_000_000))
    .default({ 'decision.evaluate': 1 })
    .describe('Credits that one call of an operation uses; a decision in a stream costs decision.evaluate.'),
});
