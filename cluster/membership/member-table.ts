/** The members as a fold of changes of their keys: older, repeated and unreadable ones change nothing. */
import { memberKey } from '../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import type { KvChange } from '../../runtime/kernel/ports/kv.ts';
import { decodeMember, memberOf } from './member-key.ts';

/** A run that lives as far as is known. */
export interface TableMember {
  readonly key: string;
  readonly record: MemberRecord;
  readonly revision: number;
  /** The first one that was seen. */
  readonly since: number;
}

/** Whether a run is over. `unknown`: its key was never seen here, which proves nothing. */
export type Fate = 'living' | 'gone' | 'unknown';

/** What a change did. `renewed`: nothing that others act on. */
export type TableChange =
  | { readonly kind: 'renewed' | 'joined' | 'changed'; readonly member: TableMember }
  | { readonly kind: 'gone'; readonly node: string; readonly incarnation: string };

// Runs that are over and remembered as such; of older ones the store is asked again.
const OVER_MAX = 10_000;

/** Fold of {@link KvChange}s below `members.`; takes them in any order and any number of times. */
export class MemberTable {
  readonly #living = new Map<string, TableMember>();
  /** Revision of the key's end: of its last record, or of its removal. */
  readonly #over = new Map<string, number>();
  readonly #overMax: number;

  constructor(overMax: number = OVER_MAX) {
    this.#overMax = overMax;
  }

  /** Applies one change; undefined when it was no news. */
  apply({ key, value, revision }: KvChange): TableChange | undefined {
    const run = memberOf(key);
    if (run === undefined) return undefined;
    if (this.#over.has(key)) {
      // A run never comes back; only the revision that a removal has to name moves.
      if (value !== undefined) this.#over.set(key, Math.max(revision, this.#over.get(key)!));
      return undefined;
    }
    const before = this.#living.get(key);
    if (before !== undefined && revision <= before.revision) return undefined;
    const record = value && decodeMember(key, value);
    if (value !== undefined && record === undefined) return undefined;
    if (record === undefined || record.state === 'gone') return this.#end(key, revision, run);
    const member = { key, record, revision, since: before?.since ?? revision };
    this.#living.set(key, member);
    if (before === undefined) return { kind: 'joined', member };
    return { kind: before.record.state === record.state ? 'renewed' : 'changed', member };
  }

  /** Runs that live, sorted by node, then incarnation. O(n log n). */
  living(): TableMember[] {
    return [...this.#living.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  /** The living run of `key`. */
  get(key: string): TableMember | undefined {
    return this.#living.get(key);
  }

  /** What is known of a run. */
  fate(node: string, incarnation: string): Fate {
    const key = memberKey(node, incarnation);
    if (this.#living.has(key)) return 'living';
    return this.#over.has(key) ? 'gone' : 'unknown';
  }

  /** Revision of the last record of a run that is over. */
  endRevision(key: string): number | undefined {
    return this.#over.get(key);
  }

  #end(key: string, revision: number, run: { node: string; incarnation: string }): TableChange | undefined {
    const wasLiving = this.#living.delete(key);
    this.#over.set(key, revision);
    if (this.#over.size > this.#overMax) this.#over.delete(this.#over.keys().next().value!);
    return wasLiving ? { kind: 'gone', ...run } : undefined;
  }
}
