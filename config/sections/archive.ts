/** Settings of long-term storage and of backups. */
import { z } from 'zod';

const everyMs = z.int().min(100).max(31_536_000_000);
const days = z.int().min(1).max(36_500);
const address = z.string().max(2_000);
const prefix = z
  .string()
  .regex(/^[a-z0-9][a-z0-9/._-]{0,199}$/)
  .refine((text) => !text.includes('..') && !text.endsWith('/'), 'segments between single slashes');

/** Section `archive`. */
export const archive = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether the record is also kept in long-term storage, in batches (AUD-06).'),
  address: address
    .default('')
    .describe('A folder, or s3://bucket/prefix?region=…&endpoint=…; empty: archive in the data folder.'),
  replicaAddress: address
    .default('')
    .describe('Second store that new entries are sent to as they come (AUD-21); empty: none.'),
  prefix: prefix.default('archive').describe('First part of the names of archived objects.'),
  everyMs: everyMs.default(86_400_000).describe('Time between batches (AUD-09).'),
  replicateEveryMs: everyMs.default(1_000).describe('Time in which new entries reach the second store.'),
  lock: z
    .boolean()
    .default(true)
    .describe('Whether batches are locked for record.retentionYears; S3 needs a bucket with Object Lock.'),
  packMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(65_536)
    .describe('Entries of one object at most; a batch has as many objects as it needs.'),
  packBytes: z
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(8_388_608)
    .describe('Text after which a batch begins its next object.'),
  timeoutMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(60_000)
    .describe('Longest time of one request to an object store.'),
});

/** Section `backup`. */
export const backup = z.strictObject({
  address: address
    .default('')
    .describe('A folder, or s3://bucket/prefix?region=…&endpoint=…; empty: no backups by the node.'),
  prefix: prefix.default('backup').describe('First part of the names of backup objects.'),
  everyMs: everyMs.default(300_000).describe('Time between increments (DRB-02, DRB-07).'),
  windowDays: days.default(35).describe('Days in which every increment is kept (DRB-02).'),
  dailyDays: days.default(30).describe('Days in which one point a day is kept (DRB-03).'),
  weeklyDays: days.default(90).describe('Days in which one point a week is kept (DRB-03).'),
  monthlyMonths: z
    .int()
    .min(1)
    .max(1_200)
    .default(12)
    .describe('Months in which one point a month is kept (DRB-03).'),
  yearlyYears: z
    .int()
    .min(1)
    .max(100)
    .default(7)
    .describe('Years in which one point a year is kept (DRB-03).'),
});
