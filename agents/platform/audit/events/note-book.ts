/** Events on their way to the record that nobody waits for: bounded, and honest about what did not fit. */
import type { AuditCategory } from '../../../../contracts/messages/audit/event-kinds.ts';
import type { LedgerEntryInput } from '../../../../runtime/kernel/ports/ledger.ts';
import { categoryOfEntry } from './envelope.ts';

/** Tenant of what belongs to the node itself. */
const SYSTEM_TENANT = 'system';

/** Collects events; pure but for its state. */
export class NoteBook {
  readonly #maxCount: number;
  #waiting: LedgerEntryInput[] = [];
  #lost = new Map<AuditCategory, number>();
  #lostSinceWallMs = 0;

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /** Events that wait. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Whether there is something to write. */
  get isDue(): boolean {
    return this.#waiting.length > 0 || this.#lost.size > 0;
  }

  /** Takes an event in; one that does not fit is counted. */
  note(entry: LedgerEntryInput, nowWallMs: number): void {
    if (this.#waiting.length < this.#maxCount) {
      this.#waiting.push(entry);
      return;
    }
    if (this.#lost.size === 0) this.#lostSinceWallMs = nowWallMs;
    const category = categoryOfEntry(entry);
    this.#lost.set(category, (this.#lost.get(category) ?? 0) + 1);
  }

  /** Hands out at most `maxCount` events, and one that says what was lost, if anything was. */
  take(maxCount: number, nowWallMs: number): LedgerEntryInput[] {
    const taken = this.#waiting.slice(0, maxCount);
    this.#waiting = this.#waiting.slice(maxCount);
    const overload = this.#overload(nowWallMs);
    return overload ? [...taken, overload] : taken;
  }

  /** Takes back events that could not be written; they come first again. */
  putBack(entries: readonly LedgerEntryInput[]): void {
    this.#waiting = [...entries, ...this.#waiting];
  }

  #overload(nowWallMs: number): LedgerEntryInput | undefined {
    if (this.#lost.size === 0) return undefined;
    const payload = {
      event: 'audit-overload',
      lost: Object.fromEntries(this.#lost),
      from: new Date(this.#lostSinceWallMs).toISOString(),
      to: new Date(nowWallMs).toISOString(),
      audit: { category: 'security' },
    };
    this.#lost = new Map();
    return { kind: 'event', tenant: SYSTEM_TENANT, payload };
  }
}
