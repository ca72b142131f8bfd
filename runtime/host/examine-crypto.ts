/** What `witan doctor` says of algorithms and key files. */
import type { Settings } from '../../config/schema.ts';
import { toWitanError } from '../../contracts/errors.ts';
import type { CryptoAlgorithm } from '../kernel/ports/crypto/algorithms.ts';
import type { SchemeReport } from '../kernel/ports/crypto/crypto-provider.ts';
import { openCrypto } from '../store/crypto/open-crypto.ts';
import { readKeyHistory } from '../store/keys/key-history.ts';
import { dataFolderAt } from './record/data-folder.ts';
import type { Finding } from './examine.ts';

const CLASSICAL: readonly CryptoAlgorithm[] = [
  'ed25519',
  'ecdsa-p256',
  'ecdsa-secp256k1',
  'bls12-381',
  'aes-256-gcm',
];
/** One of each kind, and all that are quick: other sets are tested when they are first used. */
const POST_QUANTUM: readonly CryptoAlgorithm[] = [
  'ml-kem-512',
  'ml-kem-768',
  'ml-kem-1024',
  'x-wing',
  'ml-dsa-44',
  'ml-dsa-65',
  'ml-dsa-87',
  'slh-dsa-sha2-128f',
  'falcon-512',
];

/** Runs the known answers of the algorithms that the settings switch on. */
export async function cryptography({ crypto }: Settings): Promise<Finding[]> {
  const provider = openCrypto({ postQuantum: crypto.postQuantum });
  const classical = findingOf('crypto', await provider.selfTest(CLASSICAL), '');
  const subject = 'post-quantum';
  if (!crypto.postQuantum) return [classical, { subject, level: 'ok', detail: 'off (crypto.postQuantum)' }];
  const note = '; nobody has audited these libraries, and Falcon is that of NIST round 3, not FN-DSA';
  const quantum = findingOf(subject, await provider.selfTest(POST_QUANTUM), note);
  return [classical, quantum.level === 'ok' ? { ...quantum, level: 'limited' } : quantum];
}

/** Whether the secrets of the signing keys lie encrypted. */
export function keyFiles(dataDir: string): Finding {
  const subject = 'keys';
  try {
    const rows = readKeyHistory(dataFolderAt(dataDir).keys);
    const plainCount = rows.filter((row) => !row.isEncrypted).length;
    const active = rows.filter((row) => row.state === 'active').length;
    const detail = `${rows.length} keys, ${active} active, `;
    if (plainCount === 0) return { subject, level: 'ok', detail: `${detail}encrypted under a passphrase` };
    return {
      subject,
      level: 'ok',
      detail: `${detail}${plainCount} not encrypted (crypto.keyPassphraseFile)`,
    };
  } catch (error) {
    const { message, details } = toWitanError(error);
    if (details['code'] === 'ENOENT') return { subject, level: 'ok', detail: 'there are none yet' };
    return { subject, level: 'wrong', detail: message, advice: 'restore the key files from a copy' };
  }
}

function findingOf(subject: string, reports: readonly SchemeReport[], note: string): Finding {
  const failed = reports.filter((report) => report.state === 'failed');
  const chosen = reports.filter((report) => report.isChosen);
  const detail = `known answers held: ${chosen.map(nameOf).join(', ')}${note}`;
  const missing = failed.find((report) => !chosen.some((one) => one.algorithm === report.algorithm));
  if (missing)
    return { subject, level: 'wrong', detail: `${nameOf(missing)}: ${missing.detail}`, advice: REINSTALL };
  if (failed.length === 0) return { subject, level: 'ok', detail };
  const faults = failed.map((report) => `${nameOf(report)}: ${report.detail}`).join('; ');
  return { subject, level: 'limited', detail: `${detail}; passed over: ${faults}`, advice: REINSTALL };
}

const REINSTALL = 'install the packages anew; a library that gives wrong answers is never used';

function nameOf({ algorithm, backend }: SchemeReport): string {
  return `${algorithm} (${backend})`;
}
