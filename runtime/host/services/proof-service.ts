/** `/platform/proof`: register, verify, provenance, certificates and watermarks of content. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ChainWorker } from '../../../agents/platform/proof/chain/chain-worker.ts';
import { JobBook } from '../../../agents/platform/proof/chain/job-book.ts';
import { contentChild, proofChainChild } from '../../../agents/platform/proof/content-actor.ts';
import { ContentClient } from '../../../agents/platform/proof/content-client.ts';
import type { ProofChainMessage } from '../../../agents/platform/proof/messages.ts';
import { CERTIFICATE_PURPOSE } from '../../../agents/platform/proof/registry/certificates.ts';
import { ContentLog } from '../../../agents/platform/proof/registry/content-log.ts';
import { RegistryKeeper } from '../../../agents/platform/proof/registry/registry-keeper.ts';
import { IMAGE_SIDES } from '../../../agents/platform/proof/watermark/image-mark.ts';
import { WATERMARK_PURPOSE } from '../../../agents/platform/proof/watermark/mark-keys.ts';
import { toHexData } from '../../../contracts/chain/proof/hex-data.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import { spawnSupervisor } from '../../../supervisors/supervisor.ts';
import type { ActorRef } from '../../kernel/index.ts';
import type { ObjectPort } from '../../kernel/ports/object.ts';
import { MemoryObjectStore } from '../../store/memory/memory-object-store.ts';
import { openObjects } from '../../store/objects/open-objects.ts';
import { openFileOutbox } from '../../store/outbox/file-outbox.ts';
import { MemoryOutbox } from '../../store/outbox/memory-outbox.ts';
import { recordKeys } from '../record/record-keys.ts';
import type { NodeService, ServiceParts } from './open-together.ts';
import { NodeContent } from './proof/content-backend.ts';
import { ContentMarks } from './proof/content-marks.ts';
import { ImageThread } from './proof/image-thread.ts';
import type { ContentChain } from './proof/open-content-chain.ts';

const DEV_POLL_MS = 100;
const SALT_BYTES = 32;

/** Opens the service. @throws config_invalid, storage_failed, verification_failed for a damaged outbox */
export async function openProofService(parts: ServiceParts): Promise<NodeService> {
  const { settings, stores, system, clock } = parts;
  if (!settings.content.enabled) return { children: [], backends: {}, close: async () => undefined };
  const { keys } = stores;
  await recordKeys(stores, [CERTIFICATE_PURPOSE, WATERMARK_PURPOSE]);
  const log = new ContentLog(stores.ledger);
  const chain = await openChain(parts);
  const objects = await openContentObjects(parts);
  const outbox = chain === null ? null : await openOutbox(parts);
  const book = outbox && new JobBook(outbox);
  const limits = { maxPixels: settings.content.imageMaxPixels, minSide: IMAGE_SIDES.least };
  const images = new ImageThread({ clock, limits, timeMs: settings.content.imageMs });
  const client = new ContentClient(system);
  const keeper = new RegistryKeeper({
    log,
    keys,
    clock,
    book,
    newSalt: () => toHexData(randomBytes(SALT_BYTES)),
    certificateLifeDays: settings.content.certificateLifeDays,
    onWork: () => {
      (system.find('/platform/proof/chain') as ActorRef<ProofChainMessage> | undefined)?.tell({
        type: 'wake',
      });
    },
  });
  // One node writes names down, so that the first registration of a hash wins in the whole cluster.
  const children = [parts.once(contentChild(keeper), ['platform'])];
  if (chain && book) children.push(chainChildOf({ chain, book, keeper }, parts));
  const marks = new ContentMarks({ keys, log, client, images });
  const asked = chain && book ? { port: chain.chain, book } : null;
  return {
    children: [
      {
        id: 'proof',
        start: (parent) => spawnSupervisor(parent, 'proof', { children }),
      },
    ],
    backends: { content: new NodeContent({ client, log, keys, clock, objects, marks, chain: asked }) },
    async close() {
      await images.close();
      chain?.chain.close();
      await outbox?.close();
      await objects.close();
    },
  };
}

/** A node without a chain loads no client of one. */
async function openChain({ settings, system }: ServiceParts): Promise<ContentChain | null> {
  if (settings.content.rpcUrl === '' && !settings.chain.dev) return null;
  const { openContentChain } = await import('./proof/open-content-chain.ts');
  return openContentChain(settings, system);
}

interface ChainSide {
  readonly chain: ContentChain;
  readonly book: JobBook;
  readonly keeper: RegistryKeeper;
}

function chainChildOf({ chain, book, keeper }: ChainSide, { settings, clock }: ServiceParts): ChildSpec {
  const { content } = settings;
  // A dev chain makes a block for each transaction and none besides: more confirmations would never come.
  const confirmationCount = chain.isDev ? 1 : content.confirmationCount;
  const pollMs = chain.isDev ? Math.min(DEV_POLL_MS, content.pollMs) : content.pollMs;
  const { replaceAfterMs, inFlightMaxCount } = content;
  const worker = new ChainWorker({
    chain: chain.chain,
    book,
    clock,
    confirmationCount,
    replaceAfterMs,
    inFlightMaxCount,
    record: (job, result, names) => keeper.recordEnd(job, result, names),
  });
  return proofChainChild({ worker, pollMs, jobCount: () => book.all().length });
}

function openOutbox({ dataDir }: ServiceParts): Promise<MemoryOutbox> | ReturnType<typeof openFileOutbox> {
  if (dataDir === null) return Promise.resolve(new MemoryOutbox());
  return openFileOutbox({ folder: join(dataDir, 'content'), name: 'chain.outbox' });
}

async function openContentObjects({ settings, dataDir, clock }: ServiceParts): Promise<ObjectPort> {
  const { storeAddress } = settings.content;
  if (storeAddress !== '') return openObjects({ address: storeAddress, clock });
  if (dataDir === null) return new MemoryObjectStore(clock);
  return openObjects({ address: join(dataDir, 'content', 'objects'), clock });
}
