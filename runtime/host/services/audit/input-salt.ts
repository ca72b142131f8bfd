/** The salt behind hashed inputs of the trail: one secret a node, kept beside its keys. */
import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import { fieldsOf } from '../../../../contracts/ledger/audit/described-entry.ts';
import { canonicalJson } from '../../../../contracts/ledger/canonical-json.ts';
import type { AuditInput } from '../../../../contracts/messages/audit/entry.ts';
import { makePrivateFolder, writeSyncedFile } from '../../../store/synced-file.ts';

/** Hashes inputs so that the same input of a tenant has the same hash, and nobody can guess at it. */
export class InputSalt {
  readonly #secret: string;

  private constructor(secret: string) {
    this.#secret = secret;
  }

  /** Salt of a data folder, made at the first start; null: of this run. @throws storage_failed */
  static async open(dataDir: string | null): Promise<InputSalt> {
    const made = randomBytes(32).toString('hex');
    if (dataDir === null) return new InputSalt(made);
    const path = join(dataDir, 'keys', 'audit-salt');
    const known = await readFile(path, 'utf8').catch(() => undefined);
    if (known !== undefined) return new InputSalt(checked(known));
    await makePrivateFolder(join(dataDir, 'keys'));
    await writeSyncedFile(path, made);
    return new InputSalt(made);
  }

  /** 64 hex digits over the canonical JSON of a value, for one tenant. */
  hash(tenant: string, value: unknown): string {
    const key = createHmac('sha256', this.#secret).update(`witan-audit-input/1\n${tenant}`).digest();
    return createHmac('sha256', key).update(canonicalJson(value)).digest('hex');
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

function checked(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new WitanError('storage_failed', 'the file audit-salt is damaged', { expected: '64 hex digits' });
}
