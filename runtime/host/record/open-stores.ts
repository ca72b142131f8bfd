/** Opens what a node keeps its state in: files below a data folder, or memory. */
import type { Settings } from '../../../config/schema.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { encodeCoSignerKey } from '../../../contracts/ledger/co-signature.ts';
import type { PinnedKey } from '../../../contracts/messages/decision-proof.ts';
import type { HealthCheck } from '../../../contracts/messages/decision-view.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { DecisionIndexPort } from '../../kernel/ports/decision/decision-index.ts';
import type { IdentityStorePort } from '../../kernel/ports/admission/identity-store.ts';
import type { JournalPort } from '../../kernel/ports/journal.ts';
import type { KeysPort } from '../../kernel/ports/keys.ts';
import type { LedgerPort } from '../../kernel/ports/ledger.ts';
import type { SubjectKeysPort } from '../../kernel/ports/crypto/subject-keys.ts';
import type { SharedCounterPort } from '../../kernel/ports/admission/shared-counter.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import type { CryptoProvider } from '../../kernel/ports/crypto/crypto-provider.ts';
import { openCrypto } from '../../store/crypto/open-crypto.ts';
import { CHECKPOINT_PURPOSE } from '../../store/ledger/log-signer.ts';
import { KvIdentityStore } from '../../store/identity/kv-identity-store.ts';
import { FileIdentityStore } from '../../store/identity/file-identity-store.ts';
import { MemoryDecisionEvents } from '../../store/memory/memory-decision-events.ts';
import { MemoryDecisionIndex } from '../../store/memory/memory-decision-index.ts';
import { MemoryIdentityStore } from '../../store/memory/memory-identity-store.ts';
import { MemoryJournal } from '../../store/memory/memory-journal.ts';
import { MemoryLedger } from '../../store/memory/memory-ledger.ts';
import { openNodeIndex, openPostgres, SqlIdentityStore } from '../../store/sql/index.ts';
import { openSegmentLedger } from '../../store/segment/segment-ledger.ts';
import type { SegmentLedgerOptions } from '../../store/segment/segment-ledger.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { SealedLedger } from '../../store/privacy/sealed-ledger.ts';
import { freshReads, patientReads } from '../cluster/log/fresh-reads.ts';
import { clusterLogId } from '../cluster/log/cluster-log-id.ts';
import type { NodeCluster } from '../cluster/node-cluster.ts';
import { withRecordedKeys } from '../cluster/log/recorded-keys.ts';
import type { RecordedKeys } from '../cluster/log/recorded-keys.ts';
import type { ClusterLog, SharedLog } from '../cluster/log/open-cluster-log.ts';
import { dataFolderAt, makeDataFolder } from './data-folder.ts';
import type { DataFolder } from './data-folder.ts';
import { openKeys } from './open-keys.ts';
import { keysInCluster, openSubjectKeys, sealedLedger } from './open-privacy.ts';

/** State of one node. */
export interface NodeStores {
  /** Null: nothing is written. */
  readonly folder: DataFolder | null;
  /** Algorithms of this node; tested when they are first used. */
  readonly crypto: CryptoProvider;
  readonly keys: KeysPort;
  /** Seals what is personal on the way in and opens it on the way out. */
  readonly ledger: LedgerPort;
  /** The same for readers at the doors: in a cluster, while the record has no writer, what does not change. */
  readonly reading: LedgerPort;
  /** The same, for those who ask about sealing. */
  readonly privacy: SealedLedger;
  readonly subjectKeys: SubjectKeysPort;
  readonly journal: JournalPort;
  readonly identities: IdentityStorePort;
  /** Counter that all nodes share; null: each node counts by itself. */
  readonly counter: SharedCounterPort | null;
  readonly index: DecisionIndexPort;
  /** Where the index is, and why it is not where it should be. */
  indexHealth(): HealthCheck;
  readonly events: MemoryDecisionEvents;
  /** What is known of the cluster's log; undefined: the log is this node's own. */
  readonly sharedLog?: SharedLog | undefined;
  /** Keys of all nodes of the cluster, as its record tells; undefined: there are none but this node's. */
  readonly recordedKeys?: RecordedKeys | undefined;
}

/** What stores are opened with. */
export interface StoreOptions {
  readonly settings: Settings;
  /** Null: memory. */
  readonly dataDir: string | null;
  readonly clock: Clock;
  readonly telemetry?: TelemetryPort | undefined;
  readonly onSubscriberError: (error: unknown) => void;
  /** Absent: this node is alone, and its log is its own. */
  readonly cluster?: NodeCluster | undefined;
}

/**
 * Opens all of them, or none.
 * @throws storage_failed, already_exists when another node has the folder open, verification_failed for a
 *   damaged log
 */
export async function openStores(options: StoreOptions): Promise<NodeStores> {
  const { settings, clock, dataDir, onSubscriberError } = options;
  const events = new MemoryDecisionEvents({
    clock,
    maxDecisions: settings.telemetry.streamMaxCount,
    historyLimit: settings.telemetry.eventMaxCount,
    onSubscriberError,
  });
  const { cluster } = options;
  const journal = cluster?.journal ?? new MemoryJournal(clock);
  const counter = await openCounter(options);
  const logId = cluster ? clusterLogId(cluster.name) : `witan/${settings.node.name}`;
  if (cluster && dataDir === null) {
    const details = { path: 'node.dataDir', expected: 'a folder: nodes of a cluster keep their state' };
    throw new WitanError('config_invalid', 'a node of a cluster has no data folder', details);
  }
  const crypto = openCrypto({ postQuantum: settings.crypto.postQuantum });
  if (dataDir === null) return openMemory({ crypto, journal, counter, events }, logId, options);
  const folder = dataFolderAt(dataDir);
  await makeDataFolder(folder);
  const keys = await openKeys({ settings, folder: folder.keys, clock, crypto });
  let identities: IdentityStorePort | undefined;
  let segments: LedgerPort | undefined;
  let subjectKeys: SubjectKeysPort | undefined;
  try {
    const { segmentBytes } = settings.record;
    identities = await openIdentities(settings, folder, cluster);
    const onSync = (entryCount: number, elapsedMs: number): void => {
      options.telemetry?.observe?.('sync_batch', entryCount);
      options.telemetry?.time('sync_time', elapsedMs);
    };
    const place = { folder: folder.log, logId, segmentBytes };
    const files: SegmentLedgerOptions = { ...place, keys, clock, onThread: true, onSync };
    const sharedLog = cluster && (await openShared(files, options));
    const recordedKeys = sharedLog?.recordedKeys;
    segments = recordedKeys
      ? withRecordedKeys(sharedLog!.ledger, recordedKeys)
      : await openSegmentLedger(files);
    // Behind the log's lock: one process at a time.
    subjectKeys = await openSubjectKeys({ settings, folder, clock, crypto });
    if (cluster) subjectKeys = keysInCluster(subjectKeys);
    const privacy = sealedLedger(segments, subjectKeys, { settings, clock });
    const opened = { crypto, keys, subjectKeys, privacy, journal, identities, counter, events };
    // What the index stands at is compared with a copy that has caught up.
    const aligned = sharedLog ? freshReads(segments, sharedLog) : segments;
    const indexed = openIndex(aligned, folder.database, options);
    const reads = sharedLog
      ? { ledger: freshReads(privacy, sharedLog), reading: patientReads(privacy, sharedLog, clock) }
      : { ledger: privacy, reading: privacy };
    return { folder, ...opened, ...reads, ...indexed, sharedLog, recordedKeys };
  } catch (error) {
    await identities?.close();
    await subjectKeys?.close();
    await segments?.close();
    await counter?.close();
    await keys.close();
    throw error;
  }
}

/** Stores of a node that keeps nothing. */
async function openMemory(
  parts: Pick<NodeStores, 'crypto' | 'journal' | 'counter' | 'events'>,
  logId: string,
  options: StoreOptions,
): Promise<NodeStores> {
  const { settings, clock } = options;
  const { crypto } = parts;
  const keys = await openKeys({ settings, folder: null, clock, crypto });
  const subjectKeys = await openSubjectKeys({ settings, folder: null, clock, crypto });
  const privacy = sealedLedger(new MemoryLedger({ logId, clock, keys }), subjectKeys, { settings, clock });
  const identities = new MemoryIdentityStore();
  const made = { ...parts, keys, subjectKeys, privacy, identities, ledger: privacy, reading: privacy };
  return { folder: null, ...made, ...openIndex(privacy.recorded, null, options) };
}

/** The log of the cluster, with a copy here where this node has the role. */
async function openShared(files: SegmentLedgerOptions, options: StoreOptions): Promise<ClusterLog> {
  const { settings, telemetry, cluster } = options;
  const { openClusterLog } = await import('../cluster/log/open-cluster-log.ts');
  const { openSegmentReplica } = await import('../../store/segment/replica/segment-replica.ts');
  const hasCopy = settings.node.roles.includes('ledger');
  return openClusterLog({
    cluster: cluster!,
    settings,
    keys: files.keys,
    telemetry,
    ...(hasCopy && { openReplica: () => openSegmentReplica(files) }),
  });
}

/**
 * Keys of callers in the database that nodes share, else on synced files: the embedded database never syncs,
 * and a key must not be lost, nor a lost one come back.
 */
async function openIdentities(
  { store }: Settings,
  folder: DataFolder,
  cluster: NodeCluster | undefined,
): Promise<IdentityStorePort> {
  if (store.databaseUrl !== '') return new SqlIdentityStore(openPostgres({ url: store.databaseUrl }));
  // A key that one node made opens the doors of all.
  return cluster ? new KvIdentityStore(cluster.kv) : FileIdentityStore.open(folder.identity);
}

/**
 * Index in the named database, else in the embedded one, and in memory where nothing is kept. The log is the
 * record: an index that does not open never keeps a node from starting.
 */
function openIndex(
  ledger: LedgerPort,
  folder: string | null,
  { settings, clock, telemetry }: StoreOptions,
): Pick<NodeStores, 'index' | 'indexHealth'> {
  if (folder === null) {
    const indexHealth = (): HealthCheck => ({ name: 'index', ok: true, detail: 'in memory' });
    return { index: new MemoryDecisionIndex(), indexHealth };
  }
  const { databaseUrl } = settings.store;
  const index = openNodeIndex({ databaseUrl, folder, ledger, clock, telemetry });
  return { index, indexHealth: () => index.health() };
}

/** Closes in the reverse order of opening; one that fails does not keep the others open. */
export async function closeStores(stores: NodeStores): Promise<void> {
  stores.events.close();
  const closing = [
    stores.index,
    stores.journal,
    stores.identities,
    stores.counter,
    stores.ledger,
    stores.subjectKeys,
    stores.keys,
  ];
  let first: unknown;
  for (const store of closing) {
    try {
      await store?.close();
    } catch (error) {
      first ??= error;
    }
  }
  if (first !== undefined) throw first;
}

/** Keys that readers of this log pin: the active one first, then retired ones; revoked ones never. */
export function pinnedKeyOf({
  keys,
  ledger,
  recordedKeys,
}: Pick<NodeStores, 'keys' | 'ledger' | 'recordedKeys'>): PinnedKey {
  const active = keys.active(CHECKPOINT_PURPOSE);
  const earlier = keys.list().filter((key) => key.purpose === CHECKPOINT_PURPOSE && key.state === 'retired');
  const own = [active, ...earlier].map((key) => toHex(key.publicKey));
  // Whichever node writes the log signs its heads.
  const publicKeys = [...new Set([...own, ...(recordedKeys?.checkpointKeys() ?? [])])];
  const { coSigner } = keys;
  const { logId } = ledger;
  if (!coSigner) return { format: 'witan-verify-key/1', logId, publicKeys };
  const coSignerKeys = [encodeCoSignerKey({ name: logId, publicKey: coSigner.publicKey }, sha256)];
  return { format: 'witan-verify-key/1', logId, publicKeys, coSignerKeys };
}

/** Counter of the cluster; null where none is named, and then its client is not loaded. */
async function openCounter({ settings, telemetry }: StoreOptions): Promise<SharedCounterPort | null> {
  const { redisUrl } = settings.store;
  if (redisUrl === '') return null;
  const { RedisSharedCounter } = await import('../../store/redis/redis-shared-counter.ts');
  return new RedisSharedCounter({ url: redisUrl, telemetry });
}
