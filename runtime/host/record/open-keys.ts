/** Opens the keys of a node as its settings say: encrypted or not, with a co-signer or without. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { CryptoProvider } from '../../kernel/ports/crypto/crypto-provider.ts';
import type { KeysPort } from '../../kernel/ports/keys.ts';
import { AggregatingKeys } from '../../store/keys/aggregate/aggregating-keys.ts';
import { CoSigningKeys } from '../../store/keys/co-signing-keys.ts';
import { coSignerSeedIn } from '../../store/keys/co-signer-seed.ts';
import { FileKeys } from '../../store/keys/file-keys.ts';
import { MemoryKeys } from '../../store/keys/memory-keys.ts';

/** What keys are opened with. */
export interface OpenKeysOptions {
  readonly settings: Settings;
  /** Folder of the key files; null: memory. */
  readonly folder: string | null;
  readonly clock: Clock;
  readonly crypto: CryptoProvider;
}

/**
 * Keys of a node. @throws permission_denied for a wrong passphrase, verification_failed, storage_failed,
 * config_invalid, not_supported when no library passes for the co-signature
 */
export async function openKeys({ settings, folder, clock, crypto }: OpenKeysOptions): Promise<KeysPort> {
  const passphrase = keyPassphrase(settings);
  const own =
    folder === null
      ? new MemoryKeys({ clock })
      : new FileKeys({ folder, clock, ...(passphrase !== undefined && { passphrase }) });
  const keys = settings.council.aggregateBallots ? new AggregatingKeys(own, clock) : own;
  if (!settings.crypto.coSign) return keys;
  const scheme = await crypto.signature('ml-dsa-44');
  const seed = folder === null ? randomBytes(32) : coSignerSeedIn(folder, passphrase);
  return new CoSigningKeys(keys, scheme.keyFromSeed(seed));
}

/**
 * Passphrase of the key files; undefined: none is set. @throws config_invalid for a file that cannot be read
 */
export function keyPassphrase({ crypto }: Pick<Settings, 'crypto'>): string | undefined {
  if (crypto.keyPassphrase !== '') return crypto.keyPassphrase;
  if (crypto.keyPassphraseFile === '') return undefined;
  const path = 'crypto.keyPassphraseFile';
  const expected = 'a file whose first line is the passphrase';
  let text: string;
  try {
    text = readFileSync(crypto.keyPassphraseFile, 'utf8');
  } catch (cause) {
    throw new WitanError('config_invalid', `${path} cannot be read`, { path, expected }, cause);
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  // An empty passphrase would look encrypted and be open to anybody.
  if (line === '') throw new WitanError('config_invalid', `${path} is empty`, { path, expected });
  return line;
}
