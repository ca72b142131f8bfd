/** What the actors below `/platform/proof` take and answer. */
import type { WitanError } from '../../../contracts/errors.ts';
import type { ContentCertificateView } from '../../../contracts/messages/content/certificate.ts';
import type { ContentMetadata, ContentOrigin } from '../../../contracts/messages/content/content-fields.ts';
import type { ContentReceipt } from '../../../contracts/messages/content/registration.ts';
import type { ContentRecordPlace } from '../../../contracts/messages/content/content-fields.ts';
import type { ActorRef } from '../../../runtime/kernel/index.ts';

/** A registration whose content was hashed already. */
export interface Registration {
  readonly tenant: string;
  /** Id of the caller. */
  readonly by: string;
  readonly contentHash: string;
  readonly metadata: ContentMetadata;
  readonly metadataDigest: string;
  readonly metadataCid: string;
  readonly cid: string | null;
  readonly sizeBytes: number | null;
  readonly parents: readonly string[];
  readonly origin: ContentOrigin;
  readonly isStored: boolean;
  readonly certify: boolean;
}

/** A mark that was made. */
export interface MadeMark {
  readonly tenant: string;
  readonly by: string;
  readonly kind: 'text' | 'image';
  readonly markId: string;
  readonly originalHash: string;
  readonly markedHash: string;
  readonly keyId: string;
}

/** Which certificate, and whose. */
export interface CertificateChange {
  readonly tenant: string;
  readonly by: string;
  readonly contentHash: string;
}

/** Everything in the mailbox of `/platform/proof/content`. */
export type ContentMessage =
  | {
      readonly type: 'register';
      readonly registration: Registration;
      readonly replyTo: ActorRef<ContentReply>;
    }
  | {
      readonly type: 'certify';
      readonly change: CertificateChange;
      readonly lifeDays: number | undefined;
      readonly replyTo: ActorRef<ContentReply>;
    }
  | {
      readonly type: 'revoke';
      readonly change: CertificateChange;
      readonly certificateId: string;
      readonly reason: string;
      readonly replyTo: ActorRef<ContentReply>;
    }
  | { readonly type: 'marked'; readonly mark: MadeMark; readonly replyTo: ActorRef<ContentReply> };

/** Its answers. */
export type ContentReply =
  | { readonly type: 'registered'; readonly receipt: ContentReceipt }
  | { readonly type: 'certificate'; readonly view: ContentCertificateView }
  | { readonly type: 'mark-recorded'; readonly place: ContentRecordPlace }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Everything in the mailbox of `/platform/proof/chain`. */
export type ProofChainMessage =
  | { readonly type: 'wake' }
  | { readonly type: 'turn' }
  | { readonly type: 'state'; readonly replyTo: ActorRef<ProofChainReply> };

/** How the chain's side stands. */
export interface ProofChainReply {
  readonly jobCount: number;
  /** Why the last turn failed; null: it did not. */
  readonly failure: string | null;
}
