/** What the actor that ends the retention of keys is given. */
import type { ErasureView } from '../../../../contracts/messages/privacy/erasure.ts';
import type { SubjectKeysPort } from '../../../../runtime/kernel/ports/crypto/subject-keys.ts';
import type { ErasureStorePort } from '../../../../runtime/kernel/ports/erasure-store.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type { ExpiredKeys } from '../erasure/erasure-desk.ts';

/** Ports of the retention. */
export interface RetentionPorts {
  /** The record as it is hashed: sealed. */
  readonly recorded: LedgerPort;
  readonly keys: Pick<SubjectKeysPort, 'holds' | 'isErased' | 'tagOf'>;
  readonly store: Pick<ErasureStorePort, 'retentionMark' | 'saveRetentionMark'>;
  /** Setting `record.retentionYears`. */
  readonly years: number;
  /** Destroys keys as an erasure does; undefined: all of them were destroyed before. */
  expire(expired: ExpiredKeys): Promise<ErasureView | undefined>;
}
