/** Settings of the screen for prompt injection. */
import { z } from 'zod';

/** Section `screen`. */
export const screen = z.strictObject({
  patterns: z
    .enum(['off', 'printed', 'corrected', 'both'])
    .default('both')
    .describe('Patterns as the sources print them, a corrected set over normalised text, or both.'),
  effect: z
    .enum(['raise', 'refuse'])
    .default('raise')
    .describe('A match raises the risk of a decision to high, or refuses it before it is opened.'),
});
