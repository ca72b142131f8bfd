/** Makes a deletion certificate of what a vault destroyed. */
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import { deletionSigningBytes } from '../../../../contracts/ledger/deletion-certificate.ts';
import type { DeletionCertificate } from '../../../../contracts/messages/privacy/deletion-certificate.ts';
import type { Destruction } from '../../../kernel/ports/crypto/subject-keys.ts';
import type { KeysPort } from '../../../kernel/ports/keys.ts';

/** Purpose of the key that signs certificates. */
const SIGNER_PURPOSE = 'node';

/** Signed certificate. @throws permission_denied when the node's key is revoked, storage_failed */
export function certifyDeletion(destruction: Destruction, keys: KeysPort): DeletionCertificate {
  const { tenant, subjectTag, purpose, keyIds, reason, approvedBy, atWallMs, wrappingKeyId } = destruction;
  const body = {
    tenant,
    subjectTag,
    purpose,
    keyIds: [...keyIds],
    reason,
    approvedBy,
    destroyedAt: new Date(atWallMs).toISOString(),
    copies: wrappingKeyId === null ? ('destroyed' as const) : ('pending' as const),
    wrappingKeyId,
  };
  const { keyId } = keys.active(SIGNER_PURPOSE);
  const signature = toBase64Url(keys.sign(keyId, deletionSigningBytes(body)));
  return { format: 'witan-deletion/1', body, keyId, signature };
}
