/** Settings of the content registry: its chain and account, certificates, kept content, watermarks. */
import { z } from 'zod';

const file = z.string().max(4_096);

/** Section `content`. */
export const content = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether this node registers, verifies and marks content (PRF-10…18).'),
  rpcUrl: z
    .string()
    .max(2_000)
    .default('')
    .meta({
      description:
        'JSON-RPC of the chain that content is registered on; empty: the dev chain if it runs, else ' +
        'the log alone.',
      secret: true,
    }),
  chainId: z
    .int()
    .min(0)
    .default(0)
    .describe('Chain that must answer there (1: Ethereum, 137: Polygon); 0: whatever answers.'),
  addressBook: file
    .default('')
    .describe('Folder of the address books that the deployment wrote; needed with rpcUrl.'),
  keyFile: file
    .default('')
    .describe(
      'Encrypted keystore (JSON) of the account that registers; its own, never the one that anchors.',
    ),
  keyPassphraseFile: file.default('').describe('File whose first line is the passphrase of keyFile.'),
  confirmationCount: z
    .int()
    .min(1)
    .max(1_000)
    .default(6)
    .describe('Blocks after which a transaction counts, its own included; 1 on the dev chain.'),
  pollMs: z
    .int()
    .min(10)
    .max(600_000)
    .default(2_000)
    .describe(
      'Time between two looks at the chain while something waits for it; at most 100 on the dev chain.',
    ),
  replaceAfterMs: z
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(60_000)
    .describe('Time without a block after which a transaction is signed again at a higher fee.'),
  maxFeeGwei: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(200)
    .describe('Most that is offered for one gas; dearer, and what is to be registered waits.'),
  inFlightMaxCount: z
    .int()
    .min(1)
    .max(1_000)
    .default(16)
    .describe('Transactions that may wait for a block at once.'),
  certificateLifeDays: z
    .int()
    .min(0)
    .max(36_500)
    .default(365)
    .describe('Days after which a certificate ends; 0: never.'),
  storeAddress: z
    .string()
    .max(2_000)
    .default('')
    .describe(
      'Where content is kept: a folder or s3://bucket/prefix; empty: content/objects in the data folder.',
    ),
  imageMaxPixels: z
    .int()
    .min(65_536)
    .max(16_777_216)
    .default(4_194_304)
    .describe(
      'Largest image that a watermark is put into or looked for in; about 100 bytes of memory a pixel.',
    ),
  imageMs: z
    .int()
    .min(1_000)
    .max(600_000)
    .default(25_000)
    .describe('Longest time of one image; a search at every size takes some seconds.'),
});
