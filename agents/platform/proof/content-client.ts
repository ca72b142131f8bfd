/** The content registry for those who are no actors. */
import { query } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import type { ContentCertificateView } from '../../../contracts/messages/content/certificate.ts';
import type { ContentRecordPlace } from '../../../contracts/messages/content/content-fields.ts';
import type { ContentReceipt } from '../../../contracts/messages/content/registration.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { CertificateChange, ContentMessage, ContentReply, MadeMark, Registration } from './messages.ts';

const ASK_MS = 15_000;

/** Changes that go through `/platform/proof/content`; the actor is found anew each time. */
export class ContentClient {
  readonly #system: ActorSystem;

  constructor(system: ActorSystem) {
    this.#system = system;
  }

  /** @throws already_exists, not_found, storage_failed, unavailable, deadline_exceeded, mailbox_full */
  async register(registration: Registration): Promise<ContentReceipt> {
    const reply = await this.#ask((replyTo) => ({ type: 'register', registration, replyTo }));
    if (reply.type === 'registered') return reply.receipt;
    throw failureOf(reply);
  }

  /** @throws not_found, storage_failed, unavailable, deadline_exceeded */
  async certify(change: CertificateChange, lifeDays: number | undefined): Promise<ContentCertificateView> {
    const reply = await this.#ask((replyTo) => ({ type: 'certify', change, lifeDays, replyTo }));
    if (reply.type === 'certificate') return reply.view;
    throw failureOf(reply);
  }

  /** @throws not_found, storage_failed, unavailable, deadline_exceeded */
  async revoke(
    change: CertificateChange,
    { certificateId, reason }: { readonly certificateId: string; readonly reason: string },
  ): Promise<ContentCertificateView> {
    const reply = await this.#ask((replyTo) => ({ type: 'revoke', change, certificateId, reason, replyTo }));
    if (reply.type === 'certificate') return reply.view;
    throw failureOf(reply);
  }

  /** @throws storage_failed, unavailable, deadline_exceeded */
  async marked(mark: MadeMark): Promise<ContentRecordPlace> {
    const reply = await this.#ask((replyTo) => ({ type: 'marked', mark, replyTo }));
    if (reply.type === 'mark-recorded') return reply.place;
    throw failureOf(reply);
  }

  #ask(message: (replyTo: ActorRef<ContentReply>) => ContentMessage): Promise<ContentReply> {
    const ref = this.#system.find('/platform/proof/content') as ActorRef<ContentMessage> | undefined;
    if (!ref) throw new WitanError('unavailable', 'the content registry does not run on this node');
    return query(ref, message, { timeoutMs: ASK_MS, via: this.#system });
  }
}

function failureOf(reply: ContentReply): Error {
  return reply.type === 'failed' ? reply.error : new TypeError('not an answer to the question');
}
