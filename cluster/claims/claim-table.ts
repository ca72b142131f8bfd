/** The claims as a fold of changes of their keys: the newest revision counts, whatever order they come in. */
import { CLAIMS_PREFIX } from '../../contracts/cluster-names.ts';
import { ClaimRecord } from '../../contracts/messages/cluster/claim.ts';
import type { ClaimHolder } from '../../contracts/messages/cluster/claim.ts';
import type { KvChange } from '../../runtime/kernel/ports/kv.ts';

/** A claim as its key says, whether its holder lives or not. */
export interface TableClaim {
  readonly name: string;
  readonly holder: ClaimHolder | undefined;
  readonly revision: number;
  /** The key was removed: taking it means creating it. */
  readonly isRemoved: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a claim held by `holder`; null: released. */
export function encodeClaim(holder: ClaimHolder | null): Uint8Array {
  return encoder.encode(JSON.stringify({ format: 'witan-claim/1', holder } satisfies ClaimRecord));
}

/** Fold of {@link KvChange}s below `claims.`. */
export class ClaimTable {
  readonly #claims = new Map<string, TableClaim>();

  /** Applies one change; the claim's name when it was news. */
  apply({ key, value, revision }: KvChange): string | undefined {
    if (!key.startsWith(CLAIMS_PREFIX)) return undefined;
    const name = key.slice(CLAIMS_PREFIX.length);
    const before = this.#claims.get(name);
    if (before !== undefined && revision <= before.revision) return undefined;
    const record = value && decodeClaim(value);
    // Not readable here: another version's. Its revision counts, so nothing of ours passes for newer.
    const holder = value !== undefined && record === undefined ? before?.holder : record?.holder;
    const claim = { name, holder: holder ?? undefined, revision, isRemoved: value === undefined };
    this.#claims.set(name, claim);
    return name;
  }

  /** The claim of that name. */
  get(name: string): TableClaim | undefined {
    return this.#claims.get(name);
  }

  /** Newest revision seen; 0: none. */
  revision(name: string): number {
    return this.#claims.get(name)?.revision ?? 0;
  }

  /** Claims whose name starts with `prefix`. O(all). */
  list(prefix: string): TableClaim[] {
    return [...this.#claims.values()].filter(({ name }) => name.startsWith(prefix));
  }

  /** Names of the claims of one incarnation. O(all). */
  heldBy(node: string, incarnation: string): string[] {
    const isIts = ({ holder }: TableClaim): boolean =>
      holder?.node === node && holder.incarnation === incarnation;
    return [...this.#claims.values()].filter(isIts).map(({ name }) => name);
  }
}

function decodeClaim(value: Uint8Array): ClaimRecord | undefined {
  try {
    return ClaimRecord.parse(JSON.parse(decoder.decode(value)));
  } catch {
    return undefined;
  }
}
