/**
 * One pass of retention over the oldest part of the log, round by round: which keys nothing needs any more.
 *
 * A decision or event has a key of its own, which goes once its last entry is past the retention. A person
 * has a key for each calendar year; it goes with the last record of that year. What a legal hold keeps is
 * left for a later pass, which begins where this one found the first record that is not done with.
 */
import { retainUntil } from '../../../../config/archive/lifecycle.ts';
import type { SealedOpened } from '../../../../contracts/messages/privacy/sealed-record.ts';
import type { LedgerEntry } from '../../../../runtime/kernel/ports/ledger.ts';
import { decisionSubject, recordKeyOf, sealedEventIn, sealedIn } from '../erasure/concerned.ts';
import type { ExpiredKeys } from '../erasure/erasure-desk.ts';
import type { RetentionPorts } from './ports.ts';

/** Entries that one round reads; it ends the keys of no more decisions than that. */
export const ROUND_ENTRY_COUNT = 1_000;
/** Keys drawn at the turn of a year may be used by entries of the next: it is over a day later. */
const PERIOD_SLACK_DAYS = 1;
/** Period of keys from before keys had years. */
const NO_PERIOD = '';

interface PersonKey {
  readonly tenant: string;
  readonly tag: string;
}

interface Period {
  /** Position of the first decision whose persons' keys are of it. */
  readonly firstIndex: number;
  readonly persons: Map<string, PersonKey>;
  /** Keys that a decision still needs. */
  readonly needed: Set<string>;
}

/** A sealed decision, by its `opened` entry, or a sealed event. */
interface SealedRecord {
  readonly entry: LedgerEntry;
  readonly said: Pick<SealedOpened, 'subjectTags' | 'keyPeriod' | 'sealed'>;
}

/** See the head of this file. */
export class RetentionPass {
  readonly #ports: RetentionPorts;
  readonly #nowWallMs: number;
  readonly #periods = new Map<string, Period>();
  #nextIndex: number;
  /** First decision that is not done with. */
  #openIndex = Infinity;
  #isAtEnd = false;

  constructor(ports: RetentionPorts, { fromIndex, nowWallMs }: { fromIndex: number; nowWallMs: number }) {
    this.#ports = ports;
    this.#nextIndex = fromIndex;
    this.#nowWallMs = nowWallMs;
  }

  /** Whether the part of the log that may be past its retention is read. */
  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  /** Reads on, {@link ROUND_ENTRY_COUNT} entries at most, and ends the keys of decisions among them. */
  async round(): Promise<void> {
    const over: SealedRecord[] = [];
    let readCount = 0;
    this.#isAtEnd = true;
    for await (const entry of this.#ports.recorded.read(this.#nextIndex)) {
      if (!this.#isOver(entry.atWallMs)) break;
      if (readCount === ROUND_ENTRY_COUNT) {
        this.#isAtEnd = false;
        break;
      }
      readCount += 1;
      this.#nextIndex = entry.index + 1;
      const said = entry.kind === 'opened' ? sealedIn(entry) : sealedEventIn(entry);
      if (said && (await this.#look({ entry, said }))) over.push({ entry, said });
    }
    for (const tenant of new Set(over.map(({ entry }) => entry.tenant)))
      await this.#expireRecords(over.filter(({ entry }) => entry.tenant === tenant));
  }

  /**
   * Ends the keys of persons whose year is over, once {@link isAtEnd}.
   * @returns where the next pass begins
   */
  async finish(): Promise<number> {
    let fromIndex = this.#nextIndex;
    for (const [name, period] of this.#periods) {
      const left = [...period.persons].filter(([keyId]) => !period.needed.has(keyId));
      const isOver = this.#isPeriodOver(name);
      if (!isOver || period.needed.size > 0) fromIndex = Math.min(fromIndex, period.firstIndex);
      if (isOver) await this.#expirePersons(left, period.firstIndex);
    }
    return Math.min(fromIndex, this.#openIndex);
  }

  /** Whether the key of a record is to end now; what its persons' keys are needed for is noted. */
  async #look({ entry, said }: SealedRecord): Promise<boolean> {
    const { keys } = this.#ports;
    const isErased = keys.isErased(recordKeyOf(said));
    const isPast = isErased || (await this.#isPast(entry));
    const isDone = isPast && !this.#isHeld(entry.tenant, tagsOf(this.#ports, { entry, said }));
    if (!isDone) this.#openIndex = Math.min(this.#openIndex, entry.index);
    this.#note({ entry, said }, isDone);
    return isDone && !isErased;
  }

  #note({ entry, said }: SealedRecord, isDone: boolean): void {
    const personKeyIds = said.sealed.keyId.split('+').slice(1);
    if (personKeyIds.length === 0) return;
    const name = said.keyPeriod ?? NO_PERIOD;
    const period = this.#periods.get(name) ?? {
      firstIndex: entry.index,
      persons: new Map<string, PersonKey>(),
      needed: new Set<string>(),
    };
    this.#periods.set(name, period);
    // Of a year that goes on nothing can end: the pass that comes after it reads it again.
    if (isDone && name !== NO_PERIOD && !this.#isPeriodOver(name)) return;
    for (const [at, keyId] of personKeyIds.entries()) {
      if (!isDone) period.needed.add(keyId);
      else period.persons.set(keyId, { tenant: entry.tenant, tag: said.subjectTags[at]! });
    }
  }

  /** Past is a decision that ended, and whose last entry is: a person's word may come long after the verdict. */
  async #isPast({ kind: entryKind, decisionId, atWallMs: wallMs }: LedgerEntry): Promise<boolean> {
    if (entryKind !== 'opened') return this.#isOver(wallMs);
    const own = await this.#ports.recorded.byDecision(decisionId!);
    return own.some(({ kind }) => kind === 'final') && own.every(({ atWallMs }) => this.#isOver(atWallMs));
  }

  #isOver(atWallMs: number): boolean {
    return retainUntil(atWallMs, this.#ports.years) <= this.#nowWallMs;
  }

  /** Keys without a year were drawn until the first key with one. */
  #isPeriodOver(name: string): boolean {
    if (name === NO_PERIOD) return [...this.#periods.keys()].some((other) => other !== NO_PERIOD);
    return this.#isOver(Date.UTC(Number(name) + 1, 0, 1 + PERIOD_SLACK_DAYS));
  }

  #isHeld(tenant: string, tags: readonly string[]): boolean {
    return tags.some((subjectTag) => this.#ports.keys.holds({ tenant, subjectTag }).length > 0);
  }

  async #expireRecords(over: readonly SealedRecord[]): Promise<void> {
    const isDecision = ({ entry }: SealedRecord): boolean => entry.kind === 'opened';
    await this.#expire({
      tenant: over[0]!.entry.tenant,
      decisionIds: over.filter(isDecision).map(({ entry }) => entry.decisionId!),
      eventIndices: over.filter((one) => !isDecision(one)).map(({ entry }) => entry.index),
      recordKeyIds: over.map(({ said }) => recordKeyOf(said)),
      personKeyIds: [],
      tags: [...new Set(over.flatMap((one) => tagsOf(this.#ports, one)))],
      firstIndex: over[0]!.entry.index,
    });
  }

  async #expirePersons(
    persons: readonly (readonly [string, PersonKey])[],
    firstIndex: number,
  ): Promise<void> {
    const left = persons.filter(
      ([keyId, { tenant, tag }]) => !this.#ports.keys.isErased(keyId) && !this.#isHeld(tenant, [tag]),
    );
    for (const tenant of new Set(left.map(([, one]) => one.tenant))) {
      const own = left.filter(([, one]) => one.tenant === tenant);
      for (let at = 0; at < own.length; at += ROUND_ENTRY_COUNT) {
        const part = own.slice(at, at + ROUND_ENTRY_COUNT);
        await this.#expire({
          tenant,
          decisionIds: [],
          eventIndices: [],
          recordKeyIds: [],
          personKeyIds: part.map(([keyId]) => keyId),
          tags: [...new Set(part.map(([, { tag }]) => tag))],
          firstIndex,
        });
      }
    }
  }

  async #expire({
    firstIndex,
    ...keys
  }: Omit<ExpiredKeys, 'reason'> & { readonly firstIndex: number }): Promise<void> {
    const { years, expire } = this.#ports;
    const reason = `the retention of ${years} ${years === 1 ? 'year' : 'years'} is over`;
    const view = await expire({ ...keys, reason });
    // A hold came meanwhile: what it keeps is looked at again by the next pass.
    if (view !== undefined && view.state !== 'done') this.#openIndex = Math.min(this.#openIndex, firstIndex);
  }
}

function tagsOf({ keys }: Pick<RetentionPorts, 'keys'>, { entry, said }: SealedRecord): string[] {
  const { kind, tenant, decisionId } = entry;
  if (kind !== 'opened') return [...said.subjectTags];
  return [keys.tagOf({ tenant, subject: decisionSubject(decisionId!) }), ...said.subjectTags];
}
