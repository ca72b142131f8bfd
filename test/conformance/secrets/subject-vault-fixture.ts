/** Keys of subjects over any store and key service, for the conformance suite. */
import type { SimClock } from '../../../runtime/kernel/sim/sim-clock.ts';
import type { KmsPort } from '../../../runtime/kernel/ports/crypto/kms.ts';
import type { SubjectKeyStorePort } from '../../../runtime/kernel/ports/crypto/subject-keys.ts';
import { openCrypto } from '../../../runtime/store/crypto/open-crypto.ts';
import { openSubjectVault } from '../../../runtime/store/crypto/subjects/subject-vault.ts';
import { advance } from '../../sim-time.ts';
import type { SubjectKeysFixture } from './subject-keys.ts';

const crypto = openCrypto({ postQuantum: false });

/** A vault that can be closed and opened again over the same store and service. */
export async function subjectVaultFixture(
  clock: SimClock,
  parts: { store: () => SubjectKeyStorePort; kms: () => Promise<KmsPort>; end: () => void },
): Promise<SubjectKeysFixture> {
  const aead = await crypto.aead('aes-256-gcm');
  const open = async () => openSubjectVault({ store: parts.store(), kms: await parts.kms(), aead, clock });
  let port = await open();
  return {
    port,
    pass: (ms) => advance(clock, ms),
    async reopen() {
      await port.close();
      port = await open();
      return port;
    },
    async end() {
      await port.close();
      parts.end();
    },
  };
}
