/**
 * Changes of the cell by the writer: one at a time, and what is wanted meanwhile goes into the next.
 *
 * While it is not known whether a change happened, the set counts as both. A change is tried again until it
 * succeeds or another writer's is found there.
 */
import type { LogCell, LogMember } from '../../../contracts/messages/cluster/log-cell.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { LogPosition } from '../../../runtime/kernel/ports/cluster/log-replica.ts';
import type { CellState } from '../log-cell-store.ts';
import type { LogParts } from '../log-settings.ts';

/** Settings of a {@link CellWriter}. */
export interface CellWriterOptions {
  readonly parts: LogParts;
  readonly generation: number;
  readonly onChange: () => void;
  /** It is not known whether a change happened. */
  readonly onUnknown: () => void;
  /** A writer of another generation was there. */
  readonly onFenced: () => void;
}

interface Signing {
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (error: WitanError) => void;
}

const MAX_MEMBERS = 15;

/** See the head of the file. */
export class CellWriter {
  readonly #options: CellWriterOptions;
  #state: CellState | undefined;
  /** Changes that may have happened: of these one at most did. */
  #possible: LogCell[] = [];
  readonly #joining = new Map<string, LogMember>();
  readonly #leaving = new Set<string>();
  #head: LogPosition | undefined;
  #signing: Signing[] = [];
  #change = 0;
  #isRunning = false;
  #isClosed = false;

  constructor(options: CellWriterOptions) {
    this.#options = options;
  }

  /** The cell as it is known to stand. */
  get cell(): LogCell {
    return this.#state!.cell;
  }

  /** No more members fit. */
  get isFull(): boolean {
    return this.cell.inSync.length + this.#joining.size >= MAX_MEMBERS;
  }

  /** Begins with the cell of the promotion. */
  start(state: CellState): void {
    this.#state = state;
    this.#change = state.cell.change;
  }

  /** Copies that must have an entry before it is acknowledged. */
  required(): LogMember[] {
    const members = [...this.#members(), ...this.#joining.values()];
    const isLate = this.#options.parts.plants.expelWithoutCas;
    return isLate ? members.filter(({ node }) => !this.#leaving.has(node)) : members;
  }

  /** Copies in the smallest set that may stand in the cell. */
  leastMembers(): number {
    return Math.min(...[this.cell, ...this.#possible].map(({ inSync }) => inSync.length));
  }

  /** Member of that node, as far as is known. */
  memberOf(node: string): LogMember | undefined {
    return this.#members().find((member) => member.node === node);
  }

  /** Whether a node is, or may be, a member. */
  isMember(node: string): boolean {
    return this.memberOf(node) !== undefined;
  }

  /** Whether a node is about to become one. */
  isJoining(node: string): boolean {
    return this.#joining.has(node);
  }

  /** Whether a node is about to leave. */
  isLeaving(node: string): boolean {
    return this.#leaving.has(node);
  }

  /** Takes a copy into the set; it counts from now on. */
  join(member: LogMember): void {
    this.#joining.set(member.node, member);
    this.#run();
  }

  /** Forgets a copy that was to join, unless the change is under way. */
  dropJoining(node: string): void {
    this.#joining.delete(node);
  }

  /** Takes a node out of the set; it counts until that has happened. */
  expel(node: string): void {
    this.#leaving.add(node);
    this.#run();
  }

  /** Resolves when the cell covers this head. @throws unavailable */
  enter({ size, root }: LogPosition): Promise<void> {
    if (this.#isClosed) return Promise.reject(ended());
    if (size <= this.cell.size) return Promise.resolve();
    if (size > (this.#head?.size ?? 0)) this.#head = { size, root };
    return new Promise((resolve, reject) => {
      this.#signing.push({ size, resolve, reject });
      this.#run();
    });
  }

  /** Goes on with what could not be done before. */
  beat(): void {
    this.#run();
  }

  /** Changes nothing more. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#signing.splice(0)) reject(ended());
  }

  #members(): LogMember[] {
    return [this.cell, ...this.#possible].flatMap(({ inSync }) => inSync);
  }

  #run(): void {
    if (this.#isRunning || this.#isClosed) return;
    const next = this.#wanted();
    if (!next) return;
    this.#isRunning = true;
    this.#possible.push(next);
    void this.#try(next).finally(() => {
      this.#isRunning = false;
    });
  }

  /** The cell as it should be; undefined when it is. */
  #wanted(): LogCell | undefined {
    const { cell } = this;
    const staying = cell.inSync.filter(({ node }) => !this.#leaving.has(node));
    const joining = [...this.#joining.values()].filter((member) => !this.#leaving.has(member.node));
    const isSame = joining.length === 0 && staying.length === cell.inSync.length;
    const hasHead = this.#head !== undefined && this.#head.size > cell.size;
    if (isSame && !hasHead) return undefined;
    this.#change += 1;
    const inSync = [...staying, ...joining];
    return { ...cell, ...(hasHead && this.#head), inSync, change: this.#change };
  }

  async #try(next: LogCell): Promise<void> {
    const { cells } = this.#options.parts;
    const before = this.#state!;
    const done = await cells.change(next, before.revision);
    if (this.#isClosed) return;
    const { generation, onUnknown, onFenced } = this.#options;
    const found = done.outcome === 'unknown' ? undefined : done.state;
    if (found && found.cell.generation !== generation && found.revision > before.revision) return onFenced();
    // What is there is a change of ours, this one or one whose answer was lost; else it is asked for again.
    if (found && found.revision > before.revision) this.#took(found);
    else if (!isSameSet(next, before.cell)) onUnknown();
  }

  #took(state: CellState): void {
    this.#state = state;
    // All of them were tried at the revision before, which is over.
    this.#possible = [];
    const { inSync, size } = state.cell;
    for (const { node, copy } of inSync) {
      if (this.#joining.get(node)?.copy === copy) this.#joining.delete(node);
    }
    for (const node of this.#leaving) {
      if (!inSync.some((member) => member.node === node)) this.#leaving.delete(node);
    }
    const signed = this.#signing.filter((one) => one.size <= size);
    this.#signing = this.#signing.filter((one) => one.size > size);
    for (const { resolve } of signed) resolve();
    this.#options.onChange();
    // What was wanted meanwhile.
    queueMicrotask(() => this.#run());
  }
}

function isSameSet(one: LogCell, other: LogCell): boolean {
  return JSON.stringify(one.inSync) === JSON.stringify(other.inSync);
}

function ended(): WitanError {
  return new WitanError('unavailable', 'this node does not write the log any more');
}
