/** What log, chain, certificates and marks say of content, and where they contradict each other. */
import type { ChainContent } from '../../../../agents/platform/proof/chain/content-chain.ts';
import { certificatesIn } from '../../../../agents/platform/proof/registry/certificates.ts';
import { chainStateOf } from '../../../../agents/platform/proof/registry/chain-state.ts';
import { eventsOf, recordIn } from '../../../../agents/platform/proof/registry/content-log.ts';
import type { LoggedEvent } from '../../../../agents/platform/proof/registry/content-log.ts';
import { provenanceOf } from '../../../../agents/platform/proof/registry/provenance-graph.ts';
import { verifyContentCertificate } from '../../../../contracts/content/certificate.ts';
import type { ContentCertificateView } from '../../../../contracts/messages/content/certificate.ts';
import type {
  ContentChainState,
  ContentRecord,
} from '../../../../contracts/messages/content/registration.ts';
import type {
  ContentChainRecord,
  ContentVerification,
} from '../../../../contracts/messages/content/verification.ts';
import { verifyEd25519 } from '../../../kernel/crypto/ed25519.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import { isChainAway } from './chain-away.ts';
import type { ContentParts } from './content-backend.ts';
import type { ReadContent } from './content-source.ts';

/** Verification of content for one tenant; what is not registered is an answer, not an error. */
export async function verificationOf(
  content: ReadContent,
  tenant: string,
  parts: ContentParts,
): Promise<ContentVerification> {
  const { log, keys, clock, chain, marks } = parts;
  const { contentHash } = content;
  const events = await log.ofContent(tenant, contentHash);
  const record = recordIn(events, log.ledger.logId) ?? null;
  const onChain = await askedChain(contentHash, parts);
  const certificates = record ? certificatesIn(events, { keys, nowMs: clock.wallMs() }) : [];
  const job = chain?.book.all().find((one) => one.kind === 'register' && isOf(one, tenant, contentHash));
  const registration = record ? chainStateOf(events, job) : null;
  const forged = record ? forgedIn(certificates, record, parts) : [];
  const isPending = chain?.book.all().some((one) => isOf(one, tenant, contentHash)) ?? false;
  const facts = { record, onChain, registration, certificates, isPending, events };
  const disagreements = [...forged, ...(await disagreementsOf(facts, parts))];
  const isVerified = certificates.some(({ state }) => state === 'valid') && forged.length === 0;
  const registered = record !== null || onChain.state === 'present';
  return {
    contentHash,
    registered,
    isVerified,
    status:
      disagreements.length > 0 ? 'disputed' : isVerified ? 'verified' : registered ? 'registered' : 'unknown',
    record,
    proof: record ? await log.ledger.proof(record.place.index) : null,
    chain: { state: onChain.state, record: onChain.record, registration },
    disagreements,
    certificates,
    provenance: record ? ((await provenanceOf(log, tenant, contentHash)) ?? null) : null,
    watermarks: await marks.find(content, tenant),
  };
}

interface Asked {
  readonly state: ContentVerification['chain']['state'];
  readonly record: ContentChainRecord | null;
}

async function askedChain(contentHash: string, { chain }: ContentParts): Promise<Asked> {
  if (!chain) return { state: 'off', record: null };
  try {
    const names = await chain.port.names();
    const found = await chain.port.find(contentHash);
    if (!found) return { state: 'absent', record: null };
    return { state: 'present', record: chainRecordOf(found, names) };
  } catch (error) {
    if (isChainAway(error)) return { state: 'unreachable', record: null };
    throw error;
  }
}

function chainRecordOf(
  found: ChainContent,
  names: { chainId: number; registry: string },
): ContentChainRecord {
  const { tokenId, creator, timestampS, modelId, metadata, isVerified } = found;
  const registeredAt = new Date(timestampS * 1_000).toISOString();
  return {
    chainId: names.chainId,
    contract: names.registry,
    tokenId,
    creator,
    registeredAt,
    modelId,
    metadata,
    isVerified,
  };
}

interface Facts {
  readonly record: ContentRecord | null;
  readonly onChain: Asked;
  readonly registration: ContentChainState | null;
  readonly certificates: readonly ContentCertificateView[];
  /** A job of this content is under way: the chain is behind, and that is no contradiction. */
  readonly isPending: boolean;
  readonly events: readonly LoggedEvent[];
}

async function disagreementsOf(facts: Facts, { chain }: ContentParts): Promise<string[]> {
  const { record, onChain, registration, isPending, events } = facts;
  if (!record || !chain || (onChain.state !== 'absent' && onChain.state !== 'present')) return [];
  const said: string[] = [];
  const isRegistered = registration?.state === 'registered';
  if (onChain.state === 'absent') {
    if (isRegistered)
      said.push(`the log says token ${registration.tokenId}; the chain has none for the hash`);
    return said;
  }
  const found = onChain.record!;
  const { account } = await chain.port.names();
  if (found.creator.toLowerCase() !== account.toLowerCase()) {
    said.push(`the chain names ${found.creator} as the one who registered it, not this node`);
    return said;
  }
  if (isRegistered && registration.tokenId !== found.tokenId)
    said.push(`the log says token ${registration.tokenId}, the chain ${found.tokenId}`);
  if (found.metadata !== record.metadataCid)
    said.push(`the log has metadata ${record.metadataCid}, the chain ${found.metadata}`);
  if (found.modelId !== record.metadata.modelId)
    said.push(`the log has model ${record.metadata.modelId}, the chain ${found.modelId}`);
  const standing = standingOnChain(events);
  if (!isPending && found.isVerified !== standing)
    said.push(
      `the chain says ${found.isVerified ? 'verified' : 'not verified'}, the log's certificates the opposite`,
    );
  return said;
}

/** Whether a certificate of ours should stand on the chain: issued there and not revoked there. */
function standingOnChain(events: readonly LoggedEvent[]): boolean {
  const onChain = eventsOf(events, 'content-chain').map(({ payload }) => payload);
  const revoked = onChain.filter(({ kind, state }) => kind === 'revocation' && state === 'revoked');
  return onChain.some(
    ({ kind, state, certificateId }) =>
      kind === 'certificate' &&
      state === 'issued' &&
      !revoked.some((one) => one.certificateId === certificateId),
  );
}

/** Certificates in the log that do not verify under the node's keys, or are over something else. */
function forgedIn(
  views: readonly ContentCertificateView[],
  record: ContentRecord,
  { keys }: ContentParts,
): string[] {
  const publicKeys = keys.list().map(({ publicKey }) => publicKey);
  return views.flatMap(({ certificate }) => {
    const crypto = { sha256, verifyEd25519 };
    const { contentHash } = record;
    const { ok, mismatch } = verifyContentCertificate(certificate, { publicKeys, contentHash, crypto });
    return ok ? [] : [`certificate ${certificate.body.id} does not verify: ${mismatch?.field}`];
  });
}

function isOf(job: { tenant: string; contentHash: string }, tenant: string, contentHash: string): boolean {
  return job.tenant === tenant && job.contentHash === contentHash;
}
