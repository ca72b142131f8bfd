/**
 * Checks what a writer hands to a ledger and freezes it: the payload becomes text before anything is awaited.
 */
import { canonicalJson } from '../../../contracts/ledger/canonical-json.ts';
import { MAX_ENTRY_BYTES, StoredEntry } from '../../../contracts/ledger/leaf.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { isFrozenDeep } from '../../kernel/frozen.ts';
import type { LedgerEntryInput, LedgerEntryKind } from '../../kernel/ports/ledger.ts';

/** Kinds of which a decision has at most one. */
export type UniqueKind = 'opened' | 'final';

/** An input as the ledger keeps it until its place is known. */
export interface FrozenInput {
  readonly kind: LedgerEntryKind;
  readonly tenant: string;
  readonly decisionId: DecisionId | undefined;
  /** Canonical JSON of the payload as UTF-8: outside the heap, because many of them wait for one sync. */
  readonly payload: Buffer;
  /** The payload itself where it can never change: readers of the receipt get it without a second parse. */
  readonly given: unknown;
  /** Set when the decision may have only one entry of this kind. */
  readonly unique: UniqueKind | undefined;
  /** What a second `opened` is compared by. */
  readonly decisionDigest: string | undefined;
}

/**
 * Freezes an input. Later changes by the caller do not reach the log.
 * @throws invalid_argument, too_deep, too_large with `details.path`
 */
export function freezeInput(input: LedgerEntryInput): FrozenInput {
  const { kind, tenant, decisionId, payload } = input;
  check('kind', StoredEntry.shape.kind.safeParse(kind).success, 'a kind of ledger entry');
  check('tenant', typeof tenant === 'string' && tenant.length <= 200, 'a tenant name');
  const hasDecision = StoredEntry.shape.decisionId.safeParse(decisionId).success;
  check('decisionId', hasDecision, 'd followed by 32 lower-case hex digits');
  const unique = kind === 'opened' || kind === 'final' ? kind : undefined;
  check(
    'decisionId',
    unique === undefined || decisionId !== undefined,
    `a decision id, as every ${kind} entry has`,
  );
  const decisionDigest = kind === 'opened' ? digestIn(payload) : undefined;
  canonicalJson(tenant);
  const text = Buffer.from(canonicalJson(payload, { maxLength: MAX_ENTRY_BYTES }));
  const given = isFrozenDeep(payload) ? payload : undefined;
  return { kind, tenant, decisionId, payload: text, given, unique, decisionDigest };
}

/** Decision digest that an `opened` payload freezes. @throws invalid_argument */
export function digestIn(openedPayload: unknown): string {
  const digest = (openedPayload as { terms?: { decisionDigest?: unknown } } | null)?.terms?.decisionDigest;
  check(
    'payload.terms.decisionDigest',
    typeof digest === 'string' && digest !== '',
    'the digest of the decision',
  );
  return digest as string;
}

/** The error for a second `opened` of a decision with another digest. */
export function openedConflict(decisionId: string, recorded: string, offered: string): WitanError {
  const details = { decisionId, recorded, offered, path: 'payload.terms.decisionDigest' };
  return new WitanError('conflict', `${decisionId} is already open with another payload`, details);
}

function check(path: string, holds: boolean, expected: string): void {
  if (!holds) throw new WitanError('invalid_argument', `${path}: expected ${expected}`, { path, expected });
}
