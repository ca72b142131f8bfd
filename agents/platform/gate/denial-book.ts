/** Denials on their way to the record: the first of a kind at once, its repetitions as one number a window. */
import type { ErrorCode } from '../../../contracts/errors.ts';
import type { OperationName } from '../../../contracts/operations.ts';
import type { Credentials } from '../../../runtime/kernel/ports/identity.ts';

/** One call that was not let in. Holds neither secrets nor personal data: `by` names a key, role or network. */
export interface Denial {
  /** `key:…`, `local`, `user#…` (a keyed hash), or the network of an address. */
  readonly by: string;
  readonly tenant: string;
  readonly operation: OperationName;
  readonly code: ErrorCode;
  /** `any`: of a decision that was refused after its call was let in. */
  readonly door: Credentials['door'] | 'any';
}

/** What the record says of one or more denials of the same kind. */
export interface DenialEntry extends Denial {
  readonly action: 'access-denied';
  /** Denials that this entry stands for; over all entries the sum is exact. */
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

interface Kind {
  readonly denial: Denial;
  count: number;
  firstWallMs: number;
  lastWallMs: number;
}

/** Kinds of denials that get entries of their own in one window; the rest share one entry for each code. */
const KIND_MAX_COUNT = 200;

/** Collects denials; pure but for its state. A flood costs at most two entries a kind and window. */
export class DenialBook {
  readonly #kinds = new Map<string, Kind>();
  #due: DenialEntry[] = [];

  /** Entries that wait to be written. */
  get dueCount(): number {
    return this.#due.length;
  }

  /** Notes one denial; true when there is an entry to write now. */
  note(denial: Denial, nowWallMs: number): boolean {
    const key = `${denial.by} ${denial.tenant} ${denial.operation} ${denial.code} ${denial.door}`;
    const known = this.#kinds.get(key);
    if (known) return this.#again(known, nowWallMs);
    if (this.#kinds.size >= KIND_MAX_COUNT) return this.#among(denial, nowWallMs);
    this.#kinds.set(key, { denial, count: 0, firstWallMs: nowWallMs, lastWallMs: nowWallMs });
    this.#due.push(entryOf({ denial, count: 1, firstWallMs: nowWallMs, lastWallMs: nowWallMs }));
    return true;
  }

  /** Ends the window: what was repeated becomes due. */
  closeWindow(): void {
    for (const kind of this.#kinds.values()) if (kind.count > 0) this.#due.push(entryOf(kind));
    this.#kinds.clear();
  }

  /** Hands out what is due. */
  take(): readonly DenialEntry[] {
    const due = this.#due;
    this.#due = [];
    return due;
  }

  /** Takes back entries that could not be written; they come first again. */
  putBack(entries: readonly DenialEntry[]): void {
    this.#due = [...entries, ...this.#due].slice(0, KIND_MAX_COUNT * 4);
  }

  #again(kind: Kind, nowWallMs: number): false {
    if (kind.count === 0) kind.firstWallMs = nowWallMs;
    kind.count += 1;
    kind.lastWallMs = nowWallMs;
    return false;
  }

  #among({ operation, code, door }: Denial, nowWallMs: number): false {
    const key = `others ${code} ${door}`;
    const denial: Denial = { by: 'others', tenant: 'system', operation, code, door };
    const kind = this.#kinds.get(key) ?? {
      denial,
      count: 0,
      firstWallMs: nowWallMs,
      lastWallMs: nowWallMs,
    };
    this.#kinds.set(key, kind);
    return this.#again(kind, nowWallMs);
  }
}

function entryOf({ denial, count, firstWallMs, lastWallMs }: Kind): DenialEntry {
  const [firstAt, lastAt] = [firstWallMs, lastWallMs].map((ms) => new Date(ms).toISOString());
  return { action: 'access-denied', ...denial, count, firstAt: firstAt!, lastAt: lastAt! };
}
