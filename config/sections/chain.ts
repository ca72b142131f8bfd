/** Settings of the chain that heads of the log are anchored to. */
import { z } from 'zod';

/** Section `chain`. */
export const chain = z.strictObject({
  dev: z
    .boolean()
    .default(false)
    .describe('Run a dev chain with the contracts on it, on loopback: for trying, never for proof.'),
  devPort: z.int().min(0).max(65_535).default(0).describe('Port of the dev chain; 0 takes a free one.'),
});
