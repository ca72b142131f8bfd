/** Certificates: issue, state, history. */
import { contentCertificateBytes } from '../../../../contracts/content/certificate.ts';
import { toBase64Url } from '../../../../contracts/ledger/bytes.ts';
import type {
  ContentCertificate,
  ContentCertificateBody,
  ContentCertificateView,
} from '../../../../contracts/messages/content/certificate.ts';
import type { ContentRecord } from '../../../../contracts/messages/content/registration.ts';
import { digestOf } from '../../../../runtime/kernel/crypto/digest.ts';
import type { KeysPort } from '../../../../runtime/kernel/ports/keys.ts';
import { eventsOf } from './content-log.ts';
import type { LoggedEvent } from './content-log.ts';

/** Purpose of the keys that sign certificates. */
export const CERTIFICATE_PURPOSE = 'certificate';

const DAY_MS = 86_400_000;

/** Certificate over a record. `lifeDays` 0: it does not end by itself. */
export function makeCertificate(
  record: ContentRecord,
  { keys, nowMs, lifeDays }: { readonly keys: KeysPort; readonly nowMs: number; readonly lifeDays: number },
): ContentCertificate {
  const { contentHash, metadataDigest, place } = record;
  const key = keys.active(CERTIFICATE_PURPOSE);
  const facts = {
    contentHash,
    metadataDigest,
    logId: place.logId,
    index: place.index,
    leafHash: place.leafHash,
    issuedAt: new Date(nowMs).toISOString(),
    expiresAt: lifeDays === 0 ? null : new Date(nowMs + lifeDays * DAY_MS).toISOString(),
  };
  const id = `c${digestOf({ ...facts, keyId: key.keyId }).slice(7, 39)}`;
  const body: ContentCertificateBody = { id, ...facts };
  const signature = toBase64Url(keys.sign(key.keyId, contentCertificateBytes(body)));
  return { format: 'witan-content-certificate/1', body, keyId: key.keyId, signature };
}

/** Every certificate of a content with what became of it, oldest first. A revoked key's are revoked with it. */
export function certificatesIn(
  events: readonly LoggedEvent[],
  { keys, nowMs }: { readonly keys: Pick<KeysPort, 'get'>; readonly nowMs: number },
): ContentCertificateView[] {
  const revocations = eventsOf(events, 'content-certificate-revoked');
  const onChain = eventsOf(events, 'content-chain');
  return eventsOf(events, 'content-certificate').map(({ payload: { certificate } }) => {
    const { id, expiresAt } = certificate.body;
    const revoked = revocations.find(({ payload }) => payload.certificateId === id);
    const key = keys.get(certificate.keyId);
    const byKey = key?.state === 'revoked' ? key : undefined;
    const isExpired = expiresAt !== null && Date.parse(expiresAt) <= nowMs;
    const issued = onChain.find(
      ({ payload }) => payload.certificateId === id && payload.kind === 'certificate',
    );
    const revokedAtMs = revoked?.entry.atWallMs ?? byKey?.endedAtWallMs;
    return {
      certificate,
      state: revoked || byKey ? 'revoked' : isExpired ? 'expired' : 'valid',
      revokedAt: revokedAtMs === undefined ? null : new Date(revokedAtMs).toISOString(),
      revocationReason: revoked?.payload.reason ?? (byKey ? `key: ${byKey.reason ?? ''}` : null),
      chainCertificateId: issued?.payload.chainCertificateId ?? null,
    };
  });
}
