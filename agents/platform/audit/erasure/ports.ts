/** What the erasure of personal data is given. */
import type { DeletionCertificate } from '../../../../contracts/messages/privacy/deletion-certificate.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { Destruction, SubjectKeysPort } from '../../../../runtime/kernel/ports/crypto/subject-keys.ts';
import type { ErasureStorePort } from '../../../../runtime/kernel/ports/erasure-store.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';

/**
 * Places where a crash is tried: after each of these is durable, the next begins. In the order in which an
 * erasure comes by.
 */
export const ERASURE_FAULT_POINTS = [
  'request stored',
  'decisions found',
  'keys noted',
  'keys destroyed',
  'destruction stored',
  'live state scrubbed',
  'certificate stored',
  'entry written',
  'end stored',
] as const;

/** See {@link ERASURE_FAULT_POINTS}. */
export type ErasureFaultPoint = (typeof ERASURE_FAULT_POINTS)[number];

/** Ports of erasure and hold. */
export interface ErasurePorts {
  readonly clock: Clock;
  /** The record as it is hashed: sealed. */
  readonly recorded: LedgerPort;
  readonly keys: SubjectKeysPort;
  readonly store: ErasureStorePort;
  /** Signs a certificate. @throws permission_denied, storage_failed */
  certify(destruction: Destruction): DeletionCertificate;
  /** Drops what this process still holds of a decision in the clear. */
  forget(decisionId: DecisionId): void | Promise<void>;
  /** Told at each fault point; for tests of crashes. */
  readonly onStep?: ((point: ErasureFaultPoint) => void) | undefined;
}
