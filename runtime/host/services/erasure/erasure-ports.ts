/** What erasure and retention of a node work on: its record, its keys, and what is noted of both. */
import type { ErasurePorts } from '../../../../agents/platform/audit/erasure/ports.ts';
import type { RetentionPorts } from '../../../../agents/platform/audit/retention/ports.ts';
import type { Settings } from '../../../../config/schema.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { certifyDeletion } from '../../../store/crypto/subjects/certify-deletion.ts';
import { FileErasureStore, MemoryErasureStore } from '../../../store/privacy/file-erasure-store.ts';
import type { NodeStores } from '../../record/open-stores.ts';

/** Ports of erasure; `forget` lets go of what is kept of a decision outside the record. */
export function erasurePorts(
  { folder, privacy, subjectKeys, keys }: NodeStores,
  clock: Clock,
  forget: ErasurePorts['forget'],
): ErasurePorts {
  return {
    clock,
    recorded: privacy.recorded,
    keys: subjectKeys,
    store: folder ? new FileErasureStore(folder.erasures) : new MemoryErasureStore(),
    certify: (destruction) => certifyDeletion(destruction, keys),
    forget,
  };
}

/** Ports of retention, beside those of the erasure that it asks to end keys. */
export function retentionPorts(
  { recorded, keys, store }: ErasurePorts,
  { record }: Pick<Settings, 'record'>,
  expire: RetentionPorts['expire'],
): RetentionPorts {
  return { recorded, keys, store, years: record.retentionYears, expire };
}
