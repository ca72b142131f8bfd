/** The record of a cluster as this node has it: with a copy of its own (role `ledger`), or over the others. */
import { openDistantLog, openReplicatedLog } from '../../../../cluster/log/open-replicated-log.ts';
import type { LogAccess, ReplicatedLog } from '../../../../cluster/log/open-replicated-log.ts';
import type { LogNotes } from '../../../../cluster/log/log-settings.ts';
import type { Settings } from '../../../../config/schema.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import { ProofKey } from '../../../../contracts/messages/proof.ts';
import type { KeysPort } from '../../../kernel/ports/keys.ts';
import type { LogReplica } from '../../../kernel/ports/cluster/log-replica.ts';
import type { TelemetryPort } from '../../../kernel/ports/telemetry.ts';
import { proofKeyOf } from '../../../store/keys/proof-key.ts';
import { CHECKPOINT_PURPOSE } from '../../../store/ledger/log-signer.ts';
import { clusterLogId } from './cluster-log-id.ts';
import type { NodeCluster } from '../node-cluster.ts';
import { RecordedKeys } from './recorded-keys.ts';
import { processClock } from '../process-clock.ts';

/** Name of the log among the cluster's. */
const LOG = 'main';
const PATH = '/system/cluster/log';
const SYSTEM_TENANT = 'system';

/** What a node knows of the log beside its entries. */
export type SharedLog = Pick<ReplicatedLog, 'cell' | 'writing' | 'caughtUp'>;

/** What the log is opened with. */
export interface ClusterLogOptions {
  readonly cluster: NodeCluster;
  readonly settings: Settings;
  readonly keys: KeysPort;
  readonly telemetry?: Pick<TelemetryPort, 'log'> | undefined;
  /** Opens this node's copy; absent: it has none. */
  readonly openReplica?: (() => Promise<LogReplica>) | undefined;
}

/** The log, and the keys of all nodes that it tells of. */
export interface ClusterLog extends ReplicatedLog {
  readonly recordedKeys: RecordedKeys;
}

/** Opens it; appends wait until some node may write. @throws unavailable, and as opening the copy */
export async function openClusterLog(options: ClusterLogOptions): Promise<ClusterLog> {
  const { cluster, settings, keys, openReplica, telemetry } = options;
  const access: LogAccess = {
    bus: cluster.bus,
    kv: cluster.kv,
    clock: processClock,
    random: cluster.random,
    cluster: cluster.name,
    log: LOG,
    node: cluster.node,
    notes: notesTo(telemetry),
  };
  if (!openReplica) return withKeys(await openDistantLog({ ...access, logId: clusterLogId(cluster.name) }));
  let opened: ClusterLog | undefined;
  const log = await openReplicatedLog({
    ...access,
    replica: await openReplica(),
    claims: () => cluster.claims,
    peers: () => ledgerNodes(cluster),
    introduce: () => proofKeyOf(keys.active(CHECKPOINT_PURPOSE)),
    minInSync: settings.cluster.minInSync,
    admit: async (node, introduction) => recordCheckpointKey(opened!, node, introduction),
  });
  opened = withKeys(log);
  return opened;
}

function withKeys(log: ReplicatedLog): ClusterLog {
  return { ...log, recordedKeys: new RecordedKeys(log.ledger) };
}

function ledgerNodes({ members }: NodeCluster): readonly string[] {
  const isLedger = members.list().filter(({ record }) => record.roles.includes('ledger'));
  return [...new Set(isLedger.map(({ record }) => record.node))];
}

/**
 * Puts a follower's checkpoint key on the record, so that heads it may sign one day verify by the record. A
 * new writer must not read the whole log for it: nobody is in the set meanwhile.
 */
async function recordCheckpointKey(
  { ledger, recordedKeys }: ClusterLog,
  node: string,
  introduction: unknown,
): Promise<void> {
  const key = ProofKey.safeParse(introduction).data;
  if (key?.purpose !== CHECKPOINT_PURPOSE || key.state !== 'active') {
    throw new WitanError('invalid_argument', `${node} does not name its checkpoint key`, { node });
  }
  await recordedKeys.refresh();
  if (recordedKeys.list().some(({ keyId }) => keyId === key.keyId)) return;
  const payload = { ...key, at: new Date(processClock.wallMs()).toISOString(), reason: `copy of ${node}` };
  await ledger.append({ kind: 'key', tenant: SYSTEM_TENANT, payload });
}

function notesTo(telemetry: Pick<TelemetryPort, 'log'> | undefined): LogNotes {
  return {
    onPromoted: (generation) => telemetry?.log('info', PATH, 'this node writes the log', { generation }),
    onEnded: (generation, { code, message }) =>
      telemetry?.log('warn', PATH, 'this node writes the log no more', { generation, code, message }),
    onJoined: (node) => telemetry?.log('info', PATH, 'a follower is in the set', { node }),
    onExpelled: (node) => telemetry?.log('warn', PATH, 'a follower left the set', { node }),
    onFault: ({ code, message }) => telemetry?.log('error', PATH, message, { code }),
  };
}
