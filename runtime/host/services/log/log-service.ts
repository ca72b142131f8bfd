/** The log's public face and witnesses in both directions: actors below `/platform/audit`, and doors. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnCosigner } from '../../../../agents/platform/audit/witness/cosigner.ts';
import { spawnWitness } from '../../../../agents/platform/audit/witness/witness-actor.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { WitnessSigner } from '../../../../contracts/ledger/tlog/cosign.ts';
import { encodeNoteKey, NOTE_KEY_TYPES, parseNoteKey } from '../../../../contracts/ledger/tlog/note-key.ts';
import type { NoteKey } from '../../../../contracts/ledger/tlog/note-key.ts';
import { parseTrustPolicy } from '../../../../contracts/ledger/tlog/trust-policy.ts';
import type { TrustPolicy } from '../../../../contracts/ledger/tlog/trust-policy.ts';
import { CHECKPOINT_PURPOSE } from '../../../store/ledger/log-signer.ts';
import type { ChildSpec } from '../../../../supervisors/child-spec.ts';
import { HttpOut } from '../../../store/http-out.ts';
import { MemoryWitnessStore } from '../../../store/witness/memory-witness-store.ts';
import { writeSyncedFile } from '../../../store/synced-file.ts';
import { FileWitnessStore } from '../../../store/witness/file-witness-store.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../kernel/crypto/ed25519.ts';
import { verifyMlDsa44 } from '../../../kernel/crypto/ml-dsa-44.ts';
import type { WitnessStorePort } from '../../../kernel/ports/witness/witness-store.ts';
import { WITNESS_PURPOSE } from '../../record/rotate-keys.ts';
import type { NodeService, ServiceParts } from '../open-together.ts';
import { NodeLog } from './node-log.ts';
import { NodeWitness } from './node-witness.ts';

const crypto = { sha256, verifyEd25519, verifyMlDsa44 };

/**
 * Opens both; the actor that vouches for others lives only where logs are watched.
 * @throws config_invalid for keys and policies that cannot be read, storage_failed
 */
export async function openLogService(parts: ServiceParts): Promise<NodeService> {
  const { settings, stores, dataDir, clock, telemetry, system } = parts;
  const policy = await readPolicy(settings.witness.policyFile);
  const logs = watchedLogs(settings.witness.logs);
  const store: WitnessStorePort =
    dataDir === null ? new MemoryWitnessStore() : await FileWitnessStore.open(join(dataDir, 'witness'));
  const { ledger } = stores;
  const { timeoutMs, staleMs } = settings.witness;
  const http = new HttpOut({ clock, allowedOrigins: originsOf(policy) });
  const own = { ownKeys: () => ownKeys(parts), http, crypto };
  const times = { everyMs: settings.log.publishEveryMs, timeoutMs, staleMs };
  const shared = { ledger, store, clock, telemetry };
  if (dataDir !== null) await writePublicKeys(join(dataDir, 'trust-policy.txt'), parts);
  const log = new NodeLog({ settings, stores, system, clock, telemetry });
  const onQuorum = (isMet: boolean, lagCount: number): void => log.noteQuorum(isMet, lagCount);
  const publisher = { ...shared, ...own, policy, settings: times, onQuorum };
  const children: ChildSpec[] = [{ id: 'witness', start: (parent) => spawnWitness(parent, publisher) }];
  if (logs.length === 0) return { children, backends: { log }, close: async () => undefined };
  const signers = (): readonly WitnessSigner[] => witnessSigners(parts);
  // Made now: a key that nobody has seen yet must not change what it is while the first log asks.
  signers();
  children.push({
    id: 'cosigner',
    start: (parent) => spawnCosigner(parent, { ...shared, crypto, logs, signers }),
  });
  const backends = { log, witness: new NodeWitness({ system, store }) };
  return { children, backends, close: async () => undefined };
}

/**
 * Public keys of this node in the form that readers and other nodes take: a policy file, or lines of one.
 */
async function writePublicKeys(path: string, parts: ServiceParts): Promise<void> {
  const log = ownKeys(parts).map((key) => `log ${encodeNoteKey(key, sha256)}`);
  const names = ['', '-pq'];
  const witness =
    parts.settings.witness.logs.length === 0
      ? []
      : witnessSigners(parts).map(
          ({ key }, at) => `# witness ${parts.settings.node.name}${names[at]} ${encodeNoteKey(key, sha256)}`,
        );
  const head = '# Public keys of this node (C2SP tlog-policy): hand them on over a channel that you trust.';
  await writeSyncedFile(path, `${[head, ...log, ...witness, 'quorum none'].join('\n')}\n`);
}

function witnessSigners({ settings, stores }: Pick<ServiceParts, 'settings' | 'stores'>): WitnessSigner[] {
  const { keys } = stores;
  const name = settings.witness.name === '' ? `witan/${settings.node.name}/witness` : settings.witness.name;
  const { keyId, publicKey } = keys.active(WITNESS_PURPOSE);
  const classic: WitnessSigner = {
    key: { name, type: NOTE_KEY_TYPES.cosignature, publicKey },
    sign: (message) => keys.sign(keyId, message),
  };
  const { coSigner } = keys;
  if (!coSigner) return [classic];
  // The message of this kind names its cosigner, so the key that co-signs the own log may serve here too.
  const key = { name, type: NOTE_KEY_TYPES.mlDsa44, publicKey: coSigner.publicKey };
  return [classic, { key, sign: (message) => coSigner.sign(message) }];
}

/** Keys that speak for this log, earlier ones too; revoked ones do not. */
function ownKeys({ stores: { keys, ledger } }: Pick<ServiceParts, 'stores'>): NoteKey[] {
  const name = ledger.logId;
  keys.active(CHECKPOINT_PURPOSE);
  const classic = keys
    .list()
    .filter((key) => key.purpose === CHECKPOINT_PURPOSE && key.state !== 'revoked')
    .map(({ publicKey }): NoteKey => ({ name, type: NOTE_KEY_TYPES.ed25519, publicKey }));
  if (!keys.coSigner) return classic;
  return [...classic, { name, type: NOTE_KEY_TYPES.mlDsa44, publicKey: keys.coSigner.publicKey }];
}

async function readPolicy(file: string): Promise<TrustPolicy | null> {
  if (file === '') return null;
  try {
    return parseTrustPolicy(await readFile(file, 'utf8'), sha256);
  } catch (cause) {
    const details = { path: 'witness.policyFile', expected: 'a file of the form C2SP tlog-policy' };
    throw new WitanError('config_invalid', `${file}: ${(cause as Error).message}`, details, cause);
  }
}

function watchedLogs(texts: readonly string[]): NoteKey[] {
  return texts.map((text, at) => {
    const details = { path: `witness.logs.${at}`, expected: 'the key of a log: origin+id+base64' };
    try {
      const key = parseNoteKey(text, sha256);
      if (key.type !== NOTE_KEY_TYPES.cosignature) return key;
    } catch (cause) {
      throw new WitanError('config_invalid', `${details.path} is no key of a log`, details, cause);
    }
    throw new WitanError('config_invalid', `${details.path} is the key of a witness`, details);
  });
}

function originsOf(policy: TrustPolicy | null): string[] {
  const origins = new Set<string>();
  for (const [name, { url }] of policy?.witnesses ?? []) {
    if (url === undefined) continue;
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed && /^https?:$/.test(parsed.protocol)) origins.add(parsed.origin);
    else {
      const details = { path: 'witness.policyFile', expected: 'http or https addresses' };
      throw new WitanError('config_invalid', `the address of ${name} cannot be asked`, details);
    }
  }
  return [...origins];
}
