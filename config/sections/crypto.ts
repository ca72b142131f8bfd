/** Settings of keys and algorithms. */
import { z } from 'zod';

/** Section `crypto`. */
export const crypto = z.strictObject({
  postQuantum: z
    .boolean()
    .default(false)
    .describe(
      'Whether ML-KEM, ML-DSA, SLH-DSA, Falcon and X-Wing are offered; nobody has audited their libraries.',
    ),
  coSign: z
    .boolean()
    .default(false)
    .describe(
      'A second signature on every checkpoint, by ML-DSA-44 (C2SP tlog-cosignature); needs postQuantum.',
    ),
  keyPassphrase: z.string().max(1_000).default('').meta({
    description: 'Encrypts the key files (scrypt, AES-256-GCM); empty: keyPassphraseFile.',
    secret: true,
  }),
  keyPassphraseFile: z
    .string()
    .max(4_096)
    .default('')
    .describe('File whose first line is the passphrase of the key files; empty: they are not encrypted.'),
});
