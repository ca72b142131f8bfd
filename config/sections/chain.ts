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

const Hash = z.string().regex(/^0x[0-9a-f]{64}$/, '0x and 64 hex digits, lower case');
const Gwei = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const timeMs = z.int().min(100).max(86_400_000);

/** One chain that heads are anchored on. */
export const AnchorChain = z.strictObject({
  /** Short name; part of the folder that its outbox lies in. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a name in kebab-case'),
  /** JSON-RPC over HTTP; may hold the key of a provider. */
  url: z.string().max(2_000).refine(isHttpUrl, 'an http or https address'),
  chainId: z.int().positive(),
  /** Address of AuditAnchor. */
  contract: z.string().regex(/^0x[0-9a-fA-F]{40}$/, '0x and 40 hex digits'),
  /** Hash of block 0; absent: that of the first look is kept. */
  genesisHash: Hash.optional(),
  /** Keccak-256 of the contract's code; absent: that of the first look is kept. */
  codeHash: Hash.optional(),
  /** Web3 keystore file of the account that holds the anchor's role. */
  keyFile: z.string().min(1).max(4_096),
  /** Most that is offered for one gas. */
  maxFeeGwei: Gwei.default(200),
  minTipGwei: Gwei.default(1),
  /** Most that a day (UTC) may cost; past it heads wait, and one later root covers them. */
  dailyBudgetGwei: Gwei.default(50_000_000),
  pollMs: timeMs.default(15_000),
  /** Time after which a transaction that is in no block is offered a higher fee. */
  stuckMs: timeMs.default(180_000),
  maxReplacementCount: z.int().min(0).max(50).default(10),
});
/** See {@link AnchorChain}. */
export type AnchorChain = z.infer<typeof AnchorChain>;

/** Section `anchor`. */
export const anchor = z.strictObject({
  chains: z.array(AnchorChain).max(8).default([]).meta({
    description:
      'Chains that heads of the log are anchored on: url, contract, key, limits. The dev chain needs none.',
    secret: true,
  }),
  keyPassphrase: z.string().max(1_000).default('').meta({
    description: 'Opens the keystore files of anchor.chains; empty: keyPassphraseFile.',
    secret: true,
  }),
  keyPassphraseFile: z
    .string()
    .max(4_096)
    .default('')
    .describe('File whose first line is the passphrase of the keystore files.'),
  batchEntryMaxCount: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(10_000)
    .describe('Entries after which a batch is closed and its root anchored.'),
  batchMaxAgeMs: timeMs
    .default(600_000)
    .describe('Time after which a batch of fewer entries is closed, where there are any.'),
  requestMs: timeMs.default(10_000).describe('Longest time of one answer of a chain.'),
});

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
