/** Settings of the models: an operator's own folder, who signs in it, and when a node goes back by itself. */
import { z } from 'zod';

/** Section `models`. */
export const models = z.strictObject({
  folder: z
    .string()
    .max(4_096)
    .default('')
    .describe('Folder of models beside those of the package (<id>/<version>/model.json); empty: none.'),
  trustedKeys: z
    .array(z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits'))
    .max(64)
    .default([])
    .describe('Public Ed25519 keys that may sign models in that folder.'),
  refusedBp: z
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe('Share of requests refused by a model above which the node goes back to the former version.'),
  refusedMinCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(50)
    .describe('Requests that are needed for that share to mean something.'),
  crashCount: z
    .int()
    .min(1)
    .max(10_000)
    .default(3)
    .describe('Crashes under a model within the window that make the node go back.'),
  windowMs: z
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(60_000)
    .describe('Time over which refusals and crashes are counted.'),
});
