/** Opens what keeps personal data sealed: the keys of persons and records, and the ledger behind them. */
import { findPersonalData } from '../../../agents/kit/detect/personal-data/index.ts';
import type { Settings } from '../../../config/schema.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Decision, DecisionRequest } from '../../../contracts/messages/decision.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { CryptoProvider } from '../../kernel/ports/crypto/crypto-provider.ts';
import type { SubjectKeysPort } from '../../kernel/ports/crypto/subject-keys.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';
import { FileSubjectKeyStore } from '../../store/crypto/subjects/file-subject-key-store.ts';
import { MemorySubjectKeyStore } from '../../store/crypto/subjects/memory-subject-key-store.ts';
import { openSubjectVault } from '../../store/crypto/subjects/subject-vault.ts';
import { openFileKms } from '../../store/keys/kms/file-kms.ts';
import { MemoryKms } from '../../store/keys/kms/memory-kms.ts';
import { UnsharedKeys } from '../../store/privacy/unshared-keys.ts';
import { SealedLedger } from '../../store/privacy/sealed-ledger.ts';
import type { DataFolder } from './data-folder.ts';
import { keyPassphrase } from './open-keys.ts';

/** Longest text that is searched for personal data; a longer one is sealed without a search. */
const SEARCHED_MAX_LENGTH = 20_000;

/** What the keys are opened with. */
export interface OpenSubjectKeysOptions {
  readonly settings: Settings;
  /** Null: memory. */
  readonly folder: DataFolder | null;
  readonly clock: Clock;
  readonly crypto: CryptoProvider;
}

/**
 * Keys of persons and records.
 * @throws permission_denied for a wrong passphrase, verification_failed for a damaged store, not_found when
 *   the wrapping key is gone, storage_failed
 */
export async function openSubjectKeys(options: OpenSubjectKeysOptions): Promise<SubjectKeysPort> {
  const { settings, folder, clock, crypto } = options;
  const aead = await crypto.aead('aes-256-gcm');
  if (folder === null)
    return openSubjectVault({ store: new MemorySubjectKeyStore(), kms: new MemoryKms(clock), aead, clock });
  const passphrase = keyPassphrase(settings);
  const { wrappingKeyDir } = settings.privacy;
  const kms = await openFileKms({
    folder: wrappingKeyDir === '' ? folder.wrappingKeys : wrappingKeyDir,
    clock,
    ...(passphrase !== undefined && { passphrase }),
  });
  return openSubjectVault({ store: new FileSubjectKeyStore(folder.subjectKeys), kms, aead, clock });
}

/**
 * The keys of a node of a cluster, whose nodes do not share them: nothing is sealed under them.
 * @throws config_invalid for a node that has sealed something: the others could not open it, nor erase it
 */
export function keysInCluster(keys: SubjectKeysPort): SubjectKeysPort {
  if (keys.keyCount() === 0) return new UnsharedKeys(keys);
  const expected = 'a folder without keys of sealed records: those of this one open on this node alone';
  const details = { path: 'node.dataDir', expected, keyCount: keys.keyCount() };
  throw new WitanError('config_invalid', 'a node with a sealed record cannot be of a cluster', details);
}

/** The ledger as the parts of the node see it: sealed on the disk as the settings say, plain to them. */
export function sealedLedger(
  ledger: LedgerPort,
  keys: SubjectKeysPort,
  {
    settings,
    clock,
  }: { readonly settings: Pick<Settings, 'privacy'>; readonly clock: Pick<Clock, 'wallMs'> },
): SealedLedger {
  const isSealed = {
    always: () => true,
    sensitive: ({ request }: Decision) => isSensitive(request),
    never: () => false,
  }[settings.privacy.sealInput];
  return new SealedLedger({ ledger, keys, clock, isSealed });
}

/** Whether a request names persons or holds what looks like personal data. */
function isSensitive(request: DecisionRequest): boolean {
  if (request.subjects !== undefined && request.subjects.length > 0) return true;
  const { text = '', messages = [], claims = [], context = {}, attachments = [] } = request;
  const texts = [text, JSON.stringify([messages, claims, context, attachments])];
  return texts.some((one) => one.length > SEARCHED_MAX_LENGTH || findPersonalData(one).length > 0);
}
