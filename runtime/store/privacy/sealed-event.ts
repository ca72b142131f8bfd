/** Seals what an event says of persons, so that their erasure reaches it. */
import { SealedEvent } from '../../../contracts/messages/privacy/sealed-event.ts';
import { canonicalBytes } from '../../../contracts/ledger/canonical-json.ts';
import { isErasure } from '../../kernel/crypto/personal-fields.ts';
import type { SubjectKeysPort } from '../../kernel/ports/crypto/subject-keys.ts';
import type { LedgerEntry } from '../../kernel/ports/ledger.ts';
import { personScopes } from './person-keys.ts';

/** Whom an event concerns, and when it is recorded. */
export interface EventConcern {
  readonly tenant: string;
  readonly subjects: readonly string[];
  readonly wallMs: number;
}

/**
 * Seals fields under a key of the event's own and those of the persons: without any of them they are noise.
 * Keys are durable when this resolves.
 * @throws invalid_argument for what is no JSON, or an empty name; storage_failed
 */
export async function sealEvent(
  keys: SubjectKeysPort,
  { tenant, subjects, wallMs }: EventConcern,
  fields: Readonly<Record<string, unknown>>,
): Promise<SealedEvent> {
  const { keyPeriod, scopes } = personScopes(tenant, subjects, wallMs);
  const { keyId } = await keys.drawRecordKey(scopes);
  const sealed = (await keys.sealRecord(keyId, canonicalBytes(fields))) as SealedEvent['sealed'];
  return { subjectTags: scopes.map((scope) => keys.tagOf(scope)), keyPeriod, sealed };
}

/** What {@link sealEvent} sealed in a payload; undefined for a plain event. @throws not_found, verification_failed */
export async function openEvent(
  keys: Pick<SubjectKeysPort, 'open'>,
  payload: unknown,
): Promise<Readonly<Record<string, unknown>> | 'erased' | undefined> {
  const event = SealedEvent.safeParse(payload).data;
  if (!event) return undefined;
  try {
    const bytes = await keys.open(event.sealed);
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch (error) {
    if (isErasure(error)) return 'erased';
    throw error;
  }
}

/** Digest of what a caller sent, from an event that was recorded plain or sealed; undefined once erased. */
export async function digestInEvent(
  keys: Pick<SubjectKeysPort, 'open'>,
  { payload }: Pick<LedgerEntry, 'payload'>,
): Promise<unknown> {
  const opened = await openEvent(keys, payload);
  if (opened === 'erased') return undefined;
  return (opened ?? (payload as Readonly<Record<string, unknown>>))['eventDigest'];
}
