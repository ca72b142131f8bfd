/** The salt behind hashed inputs of the trail: one secret a node, kept with the keys of persons. */
import { fieldsOf } from '../../../../contracts/ledger/audit/described-entry.ts';
import type { AuditInput } from '../../../../contracts/messages/audit/entry.ts';
import { digestOf } from '../../../kernel/crypto/digest.ts';
import type { SubjectKeysPort } from '../../../kernel/ports/crypto/subject-keys.ts';

/** Hashes inputs so that the same input of a tenant has the same hash, and nobody can guess at it. */
export class InputSalt {
  readonly #keys: Pick<SubjectKeysPort, 'tagOf'>;

  /** `keys`: their secret of pseudonyms is the salt. */
  constructor(keys: Pick<SubjectKeysPort, 'tagOf'>) {
    this.#keys = keys;
  }

  /** 64 hex digits over the canonical JSON of a value, for one tenant. */
  hash(tenant: string, value: unknown): string {
    return this.#keys.tagOf({ tenant, subject: `audit-input/${digestOf(value)}` });
  }

  /** How an input is shown; what is sealed on the record is shown as the commitment that stands there. */
  inputOf(tenant: string, value: unknown, isSensitive: boolean): AuditInput {
    const { format, keyId, commitment, hmac: known } = fieldsOf(value);
    if (format === 'witan-sealed/1') {
      return { form: 'sealed', value: { key_id: String(keyId), commitment: String(commitment) } };
    }
    if (isSensitive && typeof known === 'string' && /^[0-9a-f]{64}$/.test(known)) {
      return { form: 'hmac-sha256', value: known };
    }
    if (isSensitive) return { form: 'hmac-sha256', value: this.hash(tenant, value) };
    return { form: 'plain', value: value as never };
  }
}
