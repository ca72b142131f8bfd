/** What doors ask of the content registry: scope and tenant first, then log, chain, store and marks. */
import type { ContentChainPort } from '../../../../agents/platform/proof/chain/content-chain.ts';
import type { JobBook } from '../../../../agents/platform/proof/chain/job-book.ts';
import type { ContentClient } from '../../../../agents/platform/proof/content-client.ts';
import { certificatesIn } from '../../../../agents/platform/proof/registry/certificates.ts';
import type { ContentLog } from '../../../../agents/platform/proof/registry/content-log.ts';
import { provenanceOf } from '../../../../agents/platform/proof/registry/provenance-graph.ts';
import { unknownContent } from '../../../../agents/platform/proof/registry/registry-keeper.ts';
import { checkedMetadata, metadataDigest } from '../../../../contracts/content/metadata.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ContentRegisterRequest } from '../../../../contracts/messages/content/registration.ts';
import type { ContentBackend } from '../../../../transport/door/content-backend.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { KeysPort } from '../../../kernel/ports/keys.ts';
import type { ObjectPort } from '../../../kernel/ports/object.ts';
import { requireScope } from '../../door/require-scope.ts';
import { isChainAway } from './chain-away.ts';
import { readSource } from './content-source.ts';
import type { ReadContent } from './content-source.ts';
import type { ContentMarks } from './content-marks.ts';
import { verificationOf } from './verify-content.ts';

/** What the backend answers from. */
export interface ContentParts {
  readonly client: ContentClient;
  readonly log: ContentLog;
  readonly keys: KeysPort;
  readonly clock: Clock;
  readonly objects: ObjectPort;
  readonly marks: ContentMarks;
  /** Null: no chain is configured. */
  readonly chain: { readonly port: ContentChainPort; readonly book: JobBook } | null;
}

/** Content ids and CAR files; their libraries are loaded with the first content that needs them. */
const archives = () => import('../../../../agents/platform/proof/ipfs/content-archive.ts');

/** See {@link ContentBackend}. */
export class NodeContent implements ContentBackend {
  readonly #parts: ContentParts;

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  register: ContentBackend['register'] = async (request, principal) => {
    requireScope(principal, 'content:register');
    if (request.certify) requireScope(principal, 'content:certify');
    const { client } = this.#parts;
    const { tenant, id: by } = principal;
    const content = readSource(request);
    const { contentHash, bytes } = content;
    const metadata = checkedMetadata(request.metadata);
    const digest = metadataDigest(metadata, sha256);
    if (request.parents.includes(contentHash)) throw selfParent();
    // Known already: nothing is chunked or stored for a registration that will be refused.
    const known = await this.#parts.log.record(tenant, contentHash);
    if (known) throw alreadyRegistered(known);
    await this.#refuseTaken(contentHash);
    if (request.store) await this.#keep(tenant, content);
    const { contentIdOf, rawContentId } = await archives();
    return client.register({
      tenant,
      by,
      contentHash,
      metadata,
      metadataDigest: digest,
      metadataCid: rawContentId(digest),
      cid: bytes === null ? null : await contentIdOf(bytes),
      sizeBytes: bytes?.length ?? null,
      parents: request.parents,
      origin: originOf(request),
      isStored: request.store,
      certify: request.certify,
    });
  };

  verify: ContentBackend['verify'] = async (source, principal) => {
    requireScope(principal, 'content:read');
    return verificationOf(readSource(source), principal.tenant, this.#parts);
  };

  provenance: ContentBackend['provenance'] = async (contentHash, principal) => {
    requireScope(principal, 'content:read');
    const provenance = await provenanceOf(this.#parts.log, principal.tenant, contentHash);
    if (!provenance) throw unknownContent(contentHash);
    return provenance;
  };

  watermark: ContentBackend['watermark'] = async (request, principal) => {
    requireScope(principal, 'content:register');
    return this.#parts.marks.mark(request, principal);
  };

  certificates: ContentBackend['certificates'] = async (contentHash, principal) => {
    requireScope(principal, 'content:read');
    const { log, keys, clock } = this.#parts;
    await this.#known(contentHash, principal);
    const events = await log.ofContent(principal.tenant, contentHash);
    return certificatesIn(events, { keys, nowMs: clock.wallMs() });
  };

  certify: ContentBackend['certify'] = async (contentHash, { lifeDays }, principal) => {
    requireScope(principal, 'content:certify');
    return this.#parts.client.certify({ tenant: principal.tenant, by: principal.id, contentHash }, lifeDays);
  };

  revoke: ContentBackend['revoke'] = async ({ contentHash, certificateId }, { reason }, principal) => {
    requireScope(principal, 'content:certify');
    const change = { tenant: principal.tenant, by: principal.id, contentHash };
    return this.#parts.client.revoke(change, { certificateId, reason });
  };

  archive: ContentBackend['archive'] = async (contentHash, principal) => {
    requireScope(principal, 'content:read');
    const record = await this.#known(contentHash, principal);
    if (!record.isStored) {
      const details = { path: 'hash', expected: 'content that was registered with store' };
      throw new WitanError('not_found', 'the node does not keep this content', details);
    }
    const bytes = await this.#parts.objects.get(objectKey(principal.tenant, contentHash));
    const archived = await (await archives()).contentCar(bytes);
    if (archived.cid === record.cid) return archived;
    const details = { expected: record.cid ?? 'none', actual: archived.cid };
    throw new WitanError('verification_failed', 'the kept content is not the registered one', details);
  };

  async #known(contentHash: string, { tenant }: Principal) {
    const record = await this.#parts.log.record(tenant, contentHash);
    if (!record) throw unknownContent(contentHash);
    return record;
  }

  /** A hash that somebody else registered on the chain stays theirs; a chain that is away is asked later. */
  async #refuseTaken(contentHash: string): Promise<void> {
    const { chain } = this.#parts;
    if (!chain) return;
    const found = await chain.port.find(contentHash).catch((error: unknown) => {
      if (isChainAway(error)) return undefined;
      throw error;
    });
    if (!found) return;
    throw new WitanError('already_exists', 'Content already registered', {
      path: 'digest',
      chain: { tokenId: found.tokenId, creator: found.creator, timestampS: found.timestampS },
    });
  }

  async #keep(tenant: string, { contentHash, bytes }: ReadContent): Promise<void> {
    try {
      await this.#parts.objects.put(objectKey(tenant, contentHash), bytes!);
    } catch (error) {
      // The name is the hash: what is there is the same.
      if (!(error instanceof WitanError) || error.code !== 'already_exists') throw error;
    }
  }
}

function objectKey(tenant: string, contentHash: string): string {
  return `content/${tenant}/${contentHash.slice(7)}`;
}

function originOf({ origin, parents }: ContentRegisterRequest): 'generated' | 'modified' | 'combined' {
  const count = parents.length;
  const chosen = origin ?? (count === 0 ? 'generated' : count === 1 ? 'modified' : 'combined');
  const fits =
    chosen === 'generated' || (chosen === 'modified' && count === 1) || (chosen === 'combined' && count >= 2);
  if (fits) return chosen;
  throw new WitanError('invalid_argument', `the origin ${chosen} does not fit ${count} parents`, {
    path: 'origin',
    expected: 'modified with one parent, combined with two or more',
  });
}

function selfParent(): WitanError {
  const details = { path: 'parents', expected: 'other contents' };
  return new WitanError('invalid_argument', 'a content is not made from itself', details);
}

function alreadyRegistered(record: unknown): WitanError {
  return new WitanError('already_exists', 'Content already registered', { path: 'digest', record });
}
