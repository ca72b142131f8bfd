/**
 * Follows the writer of a log: takes its frames, in order and only from the newest generation, and says
 * what is on the disk. What was lost on the way it fetches.
 */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import type { LogCell } from '../../contracts/messages/cluster/log-cell.ts';
import type { LogAsk, LogPush, WireHello } from '../../contracts/messages/cluster/log-wire.ts';
import { concatBytes } from '../../contracts/ledger/bytes.ts';
import type { LogFrames } from '../../runtime/kernel/ports/cluster/log-replica.ts';
import type { LogParts } from './log-settings.ts';

type Frames = Extract<LogPush, { type: 'frames' }>;
type Mark = Extract<LogPush, { type: 'mark' }>;
type Ask<T extends LogAsk['type']> = Extract<LogAsk, { type: T }>;
type Run = LogFrames & { readonly root: string | undefined };

/** Settings of a {@link LogFollower}. */
export interface LogFollowerOptions {
  readonly parts: LogParts;
  /** Another node writes: if this one does, it ends. Resolves when its copy is not written any more. */
  readonly onWriter: (generation: number) => Promise<void>;
  /** What the host says of itself to a writer. */
  readonly introduce: (() => unknown) | undefined;
  /** More may be read than before. */
  readonly onGrown: () => void;
}

// Frames that came too early, and that are written at once.
const MAX_WAITING_BYTES = 33_554_432;
const MAX_RUN_BYTES = 4_194_304;
// Times the time after which a follower that says nothing leaves the set.
const PULL_TIMEOUTS = 4;

/** See the head of the file. */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  /** Generation of the writer whose log ours is the beginning of; 0: none. */
  #aligned = 0;
  #writer = '';
  /** Entries of this copy that are known to be the acknowledged ones. */
  #committed = 0;
  /** Of these, as many as are on the disk. */
  #readable = 0;
  /** What was said to be acknowledged, and under which generation at most. */
  #told = 0;
  #toldBy = 0;
  /** Entries under the cell at the last `hello`, where this copy is in the set: they stay. */
  #floor = 0;
  readonly #waiting = new Map<number, Run>();
  #waitingBytes = 0;
  #known = 0;
  #isBusy = false;
  /** Ends the wait for runs that were asked for. */
  readonly #pulls = new Set<() => void>();

  constructor(options: LogFollowerOptions) {
    this.#options = options;
  }

  /** Entries that are acknowledged, as far as this node knows, and on its disk. Never goes back. */
  get committed(): number {
    return this.#readable;
  }

  /** Entries that are acknowledged, as far as this node heard, whether they are here or not. */
  get told(): number {
    return Math.max(this.#told, this.#committed);
  }

  /**
   * Notes what a writer of `generation`, or one before it, acknowledged. It says nothing of the entries in
   * this copy until this log is the beginning of that writer's: they may be what a writer before left.
   */
  know(committed: number, generation: number): void {
    this.#told = Math.max(this.#told, committed);
    this.#toldBy = Math.max(this.#toldBy, generation);
    const { trustTails } = this.#options.parts.plants;
    if (trustTails || this.#aligned >= this.#toldBy) this.knowOwn(this.#told);
  }

  /** Notes that the first `committed` entries of this very copy are acknowledged. */
  knowOwn(committed: number): void {
    if (committed <= this.#committed) return;
    this.#committed = committed;
    this.#grow();
  }

  /** Notes the cell: a copy with its root holds what it covers, with a writer or without. */
  async see({ size, root, generation }: LogCell): Promise<void> {
    const { replica } = this.#options.parts;
    this.know(size, generation);
    if (this.#committed >= size || replica.failure) return;
    // A copy that lacks some of it: what it has under a signed head stays.
    if (this.#size() < size) return this.knowOwn(replica.sealedSize());
    const isOwn = await replica.root(size).then(
      (own) => own === root,
      () => false,
    );
    if (isOwn) this.knowOwn(size);
  }

  /** Forgets the writer that it followed: this node writes, or wrote. */
  reset(): void {
    this.#aligned = 0;
    for (const letGo of this.#pulls) letGo();
    this.#drop();
  }

  /**
   * A writer begins. @throws stale_writer for an older one, verification_failed when acknowledged entries
   * lack
   */
  async hello({ generation, writer, member, cell }: Ask<'hello'>): Promise<WireHello> {
    const { parts, introduce } = this.#options;
    const { replica } = parts;
    this.#checkGeneration(generation);
    await this.#options.onWriter(generation);
    await replica.accept(generation);
    if (this.#aligned !== generation) this.reset();
    this.#writer = writer;
    const size = this.#size();
    const isMember = member === replica.copy;
    this.#floor = isMember ? cell.size : 0;
    const isDifferent = size >= cell.size && (await replica.root(cell.size)) !== cell.root;
    if (isMember && (size < cell.size || isDifferent))
      throw this.#fault(`it lacks the first ${cell.size} entries`);
    const said = introduce?.() as WireHello['introduction'];
    return {
      copy: replica.copy,
      size,
      root: await replica.root(size),
      sealedSize: replica.sealedSize(),
      introduction: said,
    };
  }

  /** Root over the first entries. @throws stale_writer, not_found */
  async root({ generation, size }: Ask<'root'>): Promise<{ root: string }> {
    this.#checkGeneration(generation);
    return { root: await this.#options.parts.replica.root(size) };
  }

  /**
   * Cuts what the writer does not have. A log that is the beginning of that writer's already stays: what it
   * took up since it was asked for its size may be read here.
   * @throws stale_writer, verification_failed below what is acknowledged
   */
  async cut({ generation, size, root }: Ask<'cut'>): Promise<{ size: number }> {
    const { replica } = this.#options.parts;
    this.#checkGeneration(generation);
    const isBeginning = this.#aligned === generation;
    if (!isBeginning) await this.#truncate(size);
    if (this.#size() < size || (await replica.root(size)) !== root)
      throw this.#fault('it differs after the cut');
    if (generation < replica.generation) throw older(generation, replica.generation);
    if (!isBeginning) this.#drop();
    this.#aligned = generation;
    this.#known = Math.max(this.#known, size);
    this.know(this.#told, generation);
    this.#grow();
    return { size };
  }

  async #truncate(size: number): Promise<void> {
    const floor = Math.max(this.#floor, this.committed);
    if (size < floor) throw this.#fault(`${size} is below ${floor} acknowledged entries`);
    await this.#options.parts.replica.truncate(size).catch((error: unknown) => {
      throw this.#tell(toWitanError(error));
    });
  }

  /** Takes what the writer sends. */
  take(push: Frames | Mark, body: Uint8Array): void {
    const { generation, writer, committed } = push;
    // A copy that failed says nothing any more: the writer goes on without it.
    if (this.#options.parts.replica.failure) return;
    if (this.#aligned !== generation || this.#isOld(generation)) return this.#ack(writer, generation);
    this.#writer = writer;
    this.know(committed, generation);
    if (push.type === 'frames') this.#wait({ ...push, root: push.root, bytes: body });
    else {
      this.#known = Math.max(this.#known, push.size);
      this.#ack(writer, generation);
      if (push.head) void this.#keep(push.head);
    }
    void this.#work();
  }

  #wait(run: Run): void {
    const { firstIndex, count, bytes } = run;
    this.#known = Math.max(this.#known, firstIndex + count);
    const isLate = firstIndex + count <= this.#size() || this.#waiting.has(firstIndex);
    if (isLate || this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
    this.#waiting.set(firstIndex, run);
    this.#waitingBytes += bytes.length;
  }

  /** Takes up what has come, and fetches what has not, until everything known of is here. */
  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const generation = this.#aligned;
    try {
      for (let run = this.#next(); run; run = this.#next()) await this.#ingest(run, generation);
      await this.#fill(generation);
    } catch (error) {
      // The next mark or push of the writer makes it try again.
      const fault = toWitanError(error);
      const isPassing = ['unavailable', 'conflict', 'stale_writer'].includes(fault.code);
      if (!isPassing) this.#tell(fault);
      if (fault.code === 'verification_failed' && this.#aligned === generation) this.reset();
    } finally {
      this.#isBusy = false;
    }
  }

  /** Fetches what was lost on the way, the next run while one is written. */
  async #fill(generation: number): Promise<void> {
    let ahead: Promise<Run | undefined> | undefined;
    while (this.#size() < this.#known && this.#aligned === generation && generation > 0) {
      const run = this.#next() ?? (await (ahead ?? this.#pull(generation, this.#size())));
      ahead = undefined;
      if (!run || run.count === 0 || this.#aligned !== generation) break;
      const end = run.firstIndex + run.count;
      // What fails is asked for again in its turn.
      if (end < this.#known) ahead = this.#pull(generation, end).catch(() => undefined);
      await this.#ingest(run, generation);
    }
  }

  /** Frames that continue the log; those that came one after the other go in one write. */
  #next(): Run | undefined {
    const size = this.#size();
    for (const [first, { count }] of this.#waiting) if (first + count <= size) this.#forget(first);
    const begin = [...this.#waiting.keys()].find((first) => first <= size);
    if (begin === undefined) return undefined;
    const runs: Run[] = [];
    let byteLength = 0;
    for (let at = begin; byteLength < MAX_RUN_BYTES;) {
      const run = this.#waiting.get(at);
      if (!run) break;
      this.#forget(at);
      runs.push(run);
      byteLength += run.bytes.length;
      at += run.count;
    }
    const count = runs.reduce((sum, run) => sum + run.count, 0);
    const bytes = runs.length === 1 ? runs[0]!.bytes : concatBytes(...runs.map((run) => run.bytes));
    return { firstIndex: begin, count, bytes, root: runs.at(-1)!.root };
  }

  async #ingest(run: Run, generation: number): Promise<void> {
    const { replica, plants } = this.#options.parts;
    if (plants.ackBeforeSync) this.#ack(this.#writer, generation, run.firstIndex + run.count);
    await replica.ingest({ ...run, generation });
    this.#grow();
    // Whatever was cut or accepted meanwhile is told of by itself.
    if (this.#aligned === generation) this.#ack(this.#writer, generation);
  }

  /** Frames from an entry on; undefined when this writer is followed no more, however long it would take. */
  async #pull(generation: number, from: number): Promise<Run | undefined> {
    const { exchange, times } = this.#options.parts;
    const ask = { type: 'pull', generation, from } as const;
    // A busy writer takes its time for a megabyte; whoever gave up early would ask for it for ever.
    const asked = exchange.ask(this.#writer, ask, { timeoutMs: PULL_TIMEOUTS * times.followerTimeoutMs });
    let letGo: (() => void) | undefined;
    const over = new Promise<undefined>((resolve) => (letGo = () => resolve(undefined)));
    this.#pulls.add(letGo!);
    try {
      const answer = await Promise.race([asked, over]);
      if (!answer) return void asked.catch(() => undefined);
      const { firstIndex, count } = answer.reply as { firstIndex: number; count: number };
      return { firstIndex, count, bytes: answer.body, root: undefined };
    } finally {
      this.#pulls.delete(letGo!);
    }
  }

  async #keep(head: NonNullable<Mark['head']>): Promise<void> {
    const { replica } = this.#options.parts;
    if (head.size > this.committed || (replica.kept()?.size ?? -1) >= head.size) return;
    await replica.keep(head).catch((error: unknown) => this.#tell(toWitanError(error)));
  }

  #ack(writer: string, generation: number, size = this.#size()): void {
    const { exchange, node, replica } = this.#options.parts;
    const isAligned = !this.#isOld(generation) && this.#aligned === generation;
    const { copy } = replica;
    exchange.push(writer, { type: 'ack', generation: replica.generation, node, copy, size, isAligned });
  }

  /** While the copy is cut its size is not known, and what is acknowledged stays. */
  #grow(): void {
    this.#readable = Math.max(this.#readable, Math.min(this.#committed, this.#size()));
    this.#options.onGrown();
  }

  #isOld(generation: number): boolean {
    return generation < this.#options.parts.replica.generation;
  }

  #checkGeneration(generation: number): void {
    if (this.#isOld(generation)) throw older(generation, this.#options.parts.replica.generation);
  }

  #size(): number {
    try {
      return this.#options.parts.replica.local.size();
    } catch {
      // Being cut, or failed: nothing that could be read now.
      return 0;
    }
  }

  #forget(first: number): void {
    this.#waitingBytes -= this.#waiting.get(first)?.bytes.length ?? 0;
    this.#waiting.delete(first);
  }

  #drop(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#known = 0;
  }

  #fault(why: string): WitanError {
    const { node } = this.#options.parts;
    return this.#tell(
      new WitanError('verification_failed', `the log of ${node}: ${why}`, { node, field: 'root' }),
    );
  }

  #tell(error: WitanError): WitanError {
    this.#options.parts.notes.onFault?.(error);
    return error;
  }
}

function older(generation: number, highest: number): WitanError {
  return new WitanError('stale_writer', `generation ${generation} is below ${highest}`, {
    generation,
    highest,
  });
}
