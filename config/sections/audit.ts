/** Settings of the trail: what of requests is recorded one by one, and how much may wait. */
import { z } from 'zod';

const count = z.int().min(1).max(1_000_000);

/** Section `audit`. */
export const audit = z.strictObject({
  requestSampleBp: z
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe(
      'Share of answered requests that get an entry of their own, basis points; all are counted in the ' +
        'entry of their window. Refusals and acts of operators are never sampled (AUD-13).',
    ),
  requestSampleMaxPerSecond: count
    .default(5)
    .describe('Answered requests a second that get an entry of their own at most.'),
  requestWindowMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(60_000)
    .describe('Time after which counted requests are put on the record.'),
  noteMaxCount: count
    .default(4_096)
    .describe('Events that may wait for the record; one more is told as a number, not by silence.'),
  appendMaxCount: count
    .default(1_024)
    .describe('Durable appends of the trail under way at once; one more is refused as overloaded.'),
});
