/** Settings of the log's public face and of witnesses, in both directions. */
import { z } from 'zod';

const timeMs = z.int().min(1).max(3_600_000);

/** Section `log`. */
export const log = z.strictObject({
  public: z
    .boolean()
    .default(false)
    .describe('Whether everyone who reaches the node reads checkpoint and hash tiles; else scope log:read.'),
  publishEveryMs: timeMs
    .default(1_000)
    .describe('How often the log is looked at for a checkpoint to publish and to have witnessed.'),
});

/** Section `witness`. */
export const witness = z.strictObject({
  name: z
    .string()
    .max(200)
    .regex(/^[^\s+]*$/)
    .default('')
    .describe('Name under which this node vouches for logs of others; empty: witan/NODE/witness.'),
  logs: z
    .array(z.string().min(1).max(4_000))
    .max(1_000)
    .default([])
    .describe('Keys (origin+id+base64) of the logs that this node watches and vouches for.'),
  policyFile: z
    .string()
    .max(4_096)
    .default('')
    .describe('File in the form of C2SP tlog-policy: witnesses of this log, their addresses, the quorum.'),
  timeoutMs: timeMs.default(5_000).describe('Longest time of one answer of a witness.'),
  staleMs: timeMs
    .default(60_000)
    .describe('Time after which a checkpoint without its quorum of witnesses is published.'),
  verdictWaitMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(0)
    .describe('Time that a verdict waits for the quorum of witnesses; it is released after it in any case.'),
});
