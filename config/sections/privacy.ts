/** Settings of personal data on the record. */
import { z } from 'zod';

/** Section `privacy`. */
export const privacy = z.strictObject({
  sealInput: z
    .enum(['always', 'sensitive', 'never'])
    .default('always')
    .describe(
      'Which inputs are encrypted on the record, each under a key that can be destroyed: ' +
        'all, those that name ' +
        'persons or hold personal data, or none. What was recorded plain cannot be erased.',
    ),
  wrappingKeyDir: z
    .string()
    .max(4_096)
    .default('')
    .describe('Folder of the keys that wrap the keys of persons; empty: wrapping-keys in node.dataDir.'),
});
