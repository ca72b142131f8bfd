/**
 * The one writer of a replicated log, for as long as it holds its claim (architecture §7).
 *
 * An entry is acknowledged when it is on this disk and on that of every member of the set. The set is
 * what the cell says; while a change of it is under way, what it was and what it will be both count.
 */
import { WitanError } from '../../../contracts/errors.ts';
import type { LogPush } from '../../../contracts/messages/cluster/log-wire.ts';
import type { Fence } from '../../../runtime/kernel/actor.ts';
import type { TimerHandle } from '../../../runtime/kernel/clock.ts';
import type { LedgerEntryInput, LedgerReceipt, WriterTerm } from '../../../runtime/kernel/ports/ledger.ts';
import type {
  LogFrames,
  LogPosition,
  WrittenFrames,
} from '../../../runtime/kernel/ports/cluster/log-replica.ts';
import type { CellState } from '../log-cell-store.ts';
import type { LogParts } from '../log-settings.ts';
import { MAX_BODY_BYTES } from '../wire/log-exchange.ts';
import { CellWriter } from './cell-writer.ts';
import { CommitGate } from './commit-gate.ts';
import { FollowerLink } from './follower-link.ts';

/** Puts on the record what a follower said of itself; it joins the set afterwards. May append its key. */
export type Admit = (node: string, introduction: unknown) => Promise<void>;

/** Settings of a {@link LogWriter}. */
export interface LogWriterOptions {
  readonly parts: LogParts;
  readonly generation: number;
  readonly fence: Fence;
  /** Nodes that live and should have a copy; this one may be among them. */
  readonly peers: () => readonly string[];
  /** Makes what a follower says of itself known, before it joins the set. */
  readonly admit: Admit | undefined;
  /** Another is ahead, or this copy fails: the writer has ended. */
  readonly onEnded: (error: WitanError) => void;
}

interface Waiting {
  /** Whether the set must have as many copies as the settings say. */
  readonly needsSet: boolean;
  readonly resolve: () => void;
  timer: TimerHandle | undefined;
}

/** See the head of the file. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #gate: CommitGate;
  readonly #cells: CellWriter;
  readonly #links = new Map<string, FollowerLink>();
  /** Followers whose host was told of them. */
  readonly #admitted = new Map<string, 'asked' | 'done'>();
  readonly #expelledMs = new Map<string, number>();
  /** Appends that came before it took any. */
  readonly #waiting = new Set<Waiting>();
  #isOpen = false;
  /** Entries of this copy when it began: the writer before may have acknowledged any of them. */
  #inherited = 0;
  #tick: TimerHandle | undefined;
  #end: WitanError | undefined;

  constructor(options: LogWriterOptions, committed: number) {
    this.#options = options;
    this.#gate = new CommitGate(committed);
    const { parts, generation } = options;
    this.#cells = new CellWriter({
      parts,
      generation,
      onChange: () => this.#changed(),
      onUnknown: () => this.#gate.reject(unknownOutcome('the cell does not answer')),
      onFenced: () => this.end(stale(generation)),
    });
  }

  /** Entries that are acknowledged. */
  get committed(): number {
    return this.#gate.committed;
  }

  /** Whether it takes appends. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#end;
  }

  /** Whether nothing is acknowledged but what it says: the claim is held, and what it found is acknowledged. */
  get isCurrent(): boolean {
    const { fence, parts } = this.#options;
    const isHeld = fence.isHeld() || parts.plants.ignoreFence === true;
    return isHeld && !this.#end && this.committed >= this.#inherited;
  }

  /** Begins, with the cell that it has just changed. The copy writes already. */
  start(state: CellState): void {
    const { plants, replica } = this.#options.parts;
    if (!plants.forgetEarlier) this.#inherited = replica.local.size();
    this.#cells.start(state);
    this.#beat();
  }

  /** What the copy calls while it is written. */
  readonly hooks = {
    maxBytes: MAX_BODY_BYTES,
    onWritten: (frames: WrittenFrames): void => {
      for (const link of this.#links.values()) link.send(frames, this.committed);
    },
    beforeSign: (head: LogPosition): Promise<void> => this.#beforeSign(head),
  };

  /** See LedgerPort. @throws unavailable: the outcome is unknown, or too few copies are in the set */
  async append(input: LedgerEntryInput, term: WriterTerm = {}): Promise<LedgerReceipt> {
    // Keys are what a node puts on the record before it can join: without them no set would ever grow.
    const needsSet = input.kind !== 'key';
    if (!this.#isOpen || (needsSet && !this.#isEnough())) await this.#untilReady(needsSet);
    const receipt = await this.#append(input, term);
    // It was taken out of the set meanwhile: the entry is on too few disks, and may stay all the same.
    if (needsSet && !this.#isEnough()) throw unknownOutcome('too few copies are in the set');
    return receipt;
  }

  async #append(input: LedgerEntryInput, term: WriterTerm): Promise<LedgerReceipt> {
    this.#assertHeld();
    const { replica, clock } = this.#options.parts;
    this.#checkMembers(term.inSync ?? []);
    const receipt = await this.#stored(replica.local.append(input, { generation: term.generation }));
    if (receipt.index < this.committed) this.#assertHeld();
    else {
      const acknowledged = this.#gate.until(receipt.index, clock.monotonicMs());
      this.#advance();
      await acknowledged;
    }
    return receipt;
  }

  /** Resolves when an entry is acknowledged. @throws unavailable */
  async until(index: number): Promise<void> {
    this.#assertHeld();
    const acknowledged = this.#gate.until(index, this.#options.parts.clock.monotonicMs());
    this.#advance();
    await acknowledged;
    this.#assertHeld();
  }

  /**
   * Entries that any writer acknowledged before this was asked, and maybe some more; all of them are
   * acknowledged when it resolves. @throws unavailable when this may not be the writer any more
   */
  async allAcknowledged(): Promise<number> {
    if (this.committed < this.#inherited) await this.until(this.#inherited - 1);
    // As long as the claim is held, nobody else acknowledges anything.
    this.#assertHeld();
    return this.committed;
  }

  /** Takes what followers say. */
  hear(ack: Extract<LogPush, { type: 'ack' }>): void {
    const { generation } = this.#options;
    if (ack.generation > generation) return this.end(stale(generation));
    if (ack.generation < generation && ack.isAligned) return;
    const link = this.#links.get(ack.node);
    if (!link) return;
    link.hear(ack);
    this.#changed();
  }

  /** Frames for a follower that is behind. @throws stale_writer, not_found, storage_failed */
  async pull(generation: number, from: number): Promise<LogFrames & { readonly size: number }> {
    if (generation !== this.#options.generation) throw stale(generation);
    const { replica } = this.#options.parts;
    const size = replica.local.size();
    if (from >= size) return { firstIndex: from, count: 0, bytes: new Uint8Array(0), size };
    return { ...(await replica.frames(from, MAX_BODY_BYTES)), size };
  }

  /** Acknowledges nothing more. Idempotent; resolves when the copy is no longer written. */
  end(error: WitanError): void {
    if (this.#end) return;
    this.#end = error;
    this.#tick?.cancel();
    this.#cells.close();
    this.#gate.close(unknownOutcome(error.message));
    this.#wake();
    this.#options.onEnded(error);
  }

  /** Whether each set that may stand in the cell has as many copies as there must be. */
  #isEnough(): boolean {
    return this.#cells.leastMembers() >= this.#options.parts.minInSync;
  }

  /** Resolves when it takes appends; `needsSet` false: as soon as it is open. @throws unavailable */
  async #untilReady(needsSet: boolean): Promise<void> {
    const { clock, times, minInSync } = this.#options.parts;
    await new Promise<void>((resolve, reject) => {
      const one: Waiting = { needsSet, resolve, timer: undefined };
      one.timer = clock.setTimer(times.appendTimeoutMs, () => {
        this.#waiting.delete(one);
        const details = { inSync: this.#cells.leastMembers(), minInSync };
        const message = this.#isOpen
          ? `${details.inSync} copies are in the set, and ${minInSync} must be`
          : 'the followers of the log are not ready';
        reject(new WitanError('unavailable', message, details));
      });
      this.#waiting.add(one);
    });
  }

  /** Lets go on who waits for the followers, or for the end. */
  #wake(): void {
    for (const one of this.#waiting) {
      const isReady = this.#end || (this.#isOpen && (!one.needsSet || this.#isEnough()));
      if (!isReady) continue;
      this.#waiting.delete(one);
      one.timer?.cancel();
      one.resolve();
    }
  }

  #assertHeld(): void {
    if (this.#end) throw unknownOutcome(this.#end.message);
    const { fence, parts } = this.#options;
    if (!fence.isHeld() && !parts.plants.ignoreFence) throw unknownOutcome('the claim to write is not held');
  }

  #checkMembers(named: readonly string[]): void {
    const members = this.#cells.cell.inSync.map(({ node }) => node);
    const strangers = named.filter((node) => !members.includes(node));
    if (strangers.length === 0) return;
    const details = { path: 'inSync', expected: members.join(', '), inSync: [...named] };
    throw new WitanError('not_supported', `${strangers.join(', ')} is not in sync`, details);
  }

  async #stored(append: Promise<LedgerReceipt>): Promise<LedgerReceipt> {
    try {
      return await append;
    } catch (error) {
      const { failure } = this.#options.parts.replica;
      if (failure) this.end(failure);
      throw error;
    }
  }

  /** Acknowledges what every member has. */
  #advance(): void {
    if (this.#end) return;
    const { parts, fence } = this.#options;
    const { plants, replica } = parts;
    let size = replica.local.size();
    for (const { node, copy } of plants.ackAlone ? [] : this.#cells.required()) {
      if (node === parts.node) continue;
      const link = this.#links.get(node);
      const isThat = link?.isFollowing && (link.copy === copy || plants.ignoreCopy);
      size = Math.min(size, isThat ? link.acked : 0);
    }
    if (size <= this.committed) return;
    if (fence.isHeld() || plants.ignoreFence) this.#gate.advance(size);
    else this.#gate.reject(unknownOutcome('the claim to write is not held'));
  }

  #changed(): void {
    if (this.#end) return;
    this.#openWhenReady();
    this.#wake();
    this.#advance();
    for (const link of this.#links.values()) this.#considerJoin(link);
  }

  #openWhenReady(): void {
    if (this.#isOpen) return;
    const { node } = this.#options.parts;
    const isReady = this.#cells
      .required()
      .every((member) => member.node === node || this.#links.get(member.node)?.isFollowing);
    if (isReady) this.#isOpen = true;
  }

  #considerJoin(link: FollowerLink): void {
    const { parts } = this.#options;
    const { node, copy, isFollowing, acked } = link;
    if (!isFollowing || this.#cells.isMember(node) || this.#cells.isJoining(node)) return;
    if (!this.#isOpen || this.#cells.isFull) return;
    const expelledMs = this.#expelledMs.get(node) ?? -Infinity;
    if (parts.clock.monotonicMs() - expelledMs < parts.times.rejoinAfterMs) return;
    if (parts.replica.local.size() - acked > parts.times.joinLagEntries) return;
    // From here on it must have what is acknowledged, so it must have what was.
    if (acked < this.committed && !parts.plants.joinBehind) return;
    if (!this.#isAdmitted(link)) return;
    this.#cells.join({ node, copy: copy! });
    parts.notes.onJoined?.(node);
  }

  /** The host hears of a follower, once for each of its copies, before it joins. */
  #isAdmitted({ node, copy, introduction }: FollowerLink): boolean {
    const { admit, parts } = this.#options;
    const name = `${node} ${copy}`;
    const state = this.#admitted.get(name);
    if (!admit || state === 'done') return true;
    if (state === 'asked') return false;
    this.#admitted.set(name, 'asked');
    admit(node, introduction).then(
      () => this.#admitted.set(name, 'done'),
      (error: WitanError) => {
        this.#admitted.delete(name);
        parts.notes.onFault?.(error);
      },
    );
    return false;
  }

  async #beforeSign(head: LogPosition): Promise<void> {
    if (this.#options.parts.plants.signWithoutCell) return;
    if (head.size > 0) await this.until(head.size - 1);
    this.#assertHeld();
    await this.#cells.enter(head);
    if (this.#end) throw unknownOutcome(this.#end.message);
  }

  #beat(): void {
    const { parts, peers } = this.#options;
    const { clock, times, replica } = parts;
    if (this.#end) return;
    if (replica.failure) return this.end(replica.failure);
    this.#tick = clock.setTimer(times.beatMs, () => this.#beat());
    const nowMs = clock.monotonicMs();
    this.#gate.reject(unknownOutcome('not every copy has it'), nowMs - times.appendTimeoutMs);
    const members = this.#cells.required().map(({ node }) => node);
    for (const node of new Set([...members, ...peers()])) if (node !== parts.node) this.#linkTo(node);
    for (const link of this.#links.values()) {
      this.#expelLate(link, nowMs);
      if (link.isFollowing) this.#mark(link.node);
      else link.align();
    }
    this.#cells.beat();
    this.#changed();
  }

  #linkTo(node: string): void {
    if (this.#links.has(node)) return;
    const link = new FollowerLink({
      node,
      parts: this.#options.parts,
      generation: this.#options.generation,
      cell: () => this.#cells.cell,
      onFenced: (error) => this.end(error),
      onChange: () => this.#changed(),
    });
    this.#links.set(node, link);
  }

  #expelLate(link: FollowerLink, nowMs: number): void {
    const { times, notes, plants } = this.#options.parts;
    const { node, copy, isFollowing } = link;
    const member = this.#cells.memberOf(node);
    const isLate = link.overdueMs(nowMs) > times.followerTimeoutMs;
    if (isLate) link.silence();
    // Not a member yet: whoever stalls now does not hold up the others.
    if (isLate && !member) this.#cells.dropJoining(node);
    const isOther = isFollowing && copy !== member?.copy && !plants.ignoreCopy;
    if (!member || this.#cells.isLeaving(node) || !(isLate || isOther)) return;
    this.#expelledMs.set(node, nowMs);
    this.#cells.expel(node);
    notes.onExpelled?.(node);
  }

  #mark(node: string): void {
    const { parts, generation } = this.#options;
    const size = parts.replica.local.size();
    const head = parts.replica.kept();
    const mark = { type: 'mark', generation, writer: parts.node, size, committed: this.committed } as const;
    parts.exchange.push(node, head ? { ...mark, head } : mark);
  }
}

function unknownOutcome(why: string): WitanError {
  return new WitanError('unavailable', `it is not known whether the entry stays: ${why}`);
}

function stale(generation: number): WitanError {
  return new WitanError('stale_writer', `a writer after generation ${generation} is at work`, { generation });
}
