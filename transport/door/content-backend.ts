/** What doors ask of the content registry (PRF-15…18). */
import type {
  ContentCertificateView,
  ContentCertifyRequest,
  ContentRevokeRequest,
} from '../../contracts/messages/content/certificate.ts';
import type { ContentProvenance } from '../../contracts/messages/content/provenance.ts';
import type {
  ContentReceipt,
  ContentRegisterRequest,
  ContentSource,
} from '../../contracts/messages/content/registration.ts';
import type { ContentVerification } from '../../contracts/messages/content/verification.ts';
import type { WatermarkAnswer, WatermarkRequest } from '../../contracts/messages/content/watermark.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';

/** Which certificate of which content. */
export interface CertificateName {
  readonly contentHash: string;
  readonly certificateId: string;
}

/** Every method checks scope and tenant. A hash of another tenant is `not_found`; the chain is public. */
export interface ContentBackend {
  /**
   * Resolves when the registration is durable in the log; the chain follows.
   * @throws already_exists with the record, not_found (parent), too_large, storage_failed, unavailable
   */
  register(request: ContentRegisterRequest, principal: Principal): Promise<ContentReceipt>;
  /** Never throws for what is not registered: that is the answer. */
  verify(source: ContentSource, principal: Principal): Promise<ContentVerification>;
  /** @throws not_found */
  provenance(contentHash: string, principal: Principal): Promise<ContentProvenance>;
  /** @throws conflict (the text holds invisible characters), too_large, invalid_argument, overloaded */
  watermark(request: WatermarkRequest, principal: Principal): Promise<WatermarkAnswer>;
  /** Oldest first. @throws not_found */
  certificates(contentHash: string, principal: Principal): Promise<ContentCertificateView[]>;
  /** @throws not_found */
  certify(
    contentHash: string,
    request: ContentCertifyRequest,
    principal: Principal,
  ): Promise<ContentCertificateView>;
  /** A second revocation changes nothing. @throws not_found */
  revoke(
    name: CertificateName,
    request: ContentRevokeRequest,
    principal: Principal,
  ): Promise<ContentCertificateView>;
  /** Kept content as a CAR v1 file. @throws not_found, verification_failed */
  archive(
    contentHash: string,
    principal: Principal,
  ): Promise<{ readonly cid: string; readonly car: Uint8Array }>;
}
