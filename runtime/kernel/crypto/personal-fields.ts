/** Personal fields for the record: sealed under the person's key, and bound by a commitment. */
import { WitanError } from '../../../contracts/errors.ts';
import { canonicalBytes } from '../../../contracts/ledger/canonical-json.ts';
import type { SealedFields } from '../../../contracts/messages/privacy/sealed.ts';
import type { SubjectKeysPort, SubjectScope } from '../ports/crypto/subject-keys.ts';

/** What {@link openPersonal} gives: the fields, or that their key was destroyed. */
export type OpenedFields =
  { readonly state: 'open'; readonly fields: unknown } | { readonly state: 'erased' };

/**
 * Seals JSON values of a person; the result goes into an entry in their place. Field order does not count.
 *
 * A plain hash of an address or a name is found by trying: the commitment is keyed by a salt that is gone
 * with the key. The key is durable when this resolves.
 * @param scope whose data, and what for; the name of the subject is never stored
 * @throws invalid_argument for what is no JSON, or an empty name; storage_failed
 * @example await sealPersonal(keys, { email }, { tenant, subject: personId, purpose: 'audit' })
 */
export async function sealPersonal(
  keys: Pick<SubjectKeysPort, 'seal' | 'commit'>,
  fields: unknown,
  scope: SubjectScope,
): Promise<SealedFields> {
  const bytes = canonicalBytes(fields);
  const [sealed, commitment] = await Promise.all([keys.seal(scope, bytes), keys.commit(scope, bytes)]);
  return { format: 'witan-personal/1', commitment, sealed };
}

/**
 * Opens what {@link sealPersonal} gave. @throws verification_failed when it is not what was committed to,
 * not_found for keys of another node
 */
export async function openPersonal(
  keys: Pick<SubjectKeysPort, 'open' | 'matches'>,
  { sealed, commitment }: SealedFields,
): Promise<OpenedFields> {
  try {
    const bytes = await keys.open(sealed);
    if (!(await keys.matches(commitment, bytes)))
      throw new WitanError('verification_failed', 'the sealed fields are not those that were committed to');
    return { state: 'open', fields: JSON.parse(new TextDecoder().decode(bytes)) as unknown };
  } catch (error) {
    if (isErasure(error)) return { state: 'erased' };
    throw error;
  }
}

/** Whether an error says that the key of the data was destroyed. */
export function isErasure(error: unknown): boolean {
  return error instanceof WitanError && error.code === 'not_found' && error.details['isErased'] === true;
}
