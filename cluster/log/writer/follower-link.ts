/** What a writer knows of one follower: how its log stands to the own one, and what it has acknowledged. */
import { WitanError, toWitanError } from '../../../contracts/errors.ts';
import { WireHello, type LogAsk } from '../../../contracts/messages/cluster/log-wire.ts';
import type { LogCell } from '../../../contracts/messages/cluster/log-cell.ts';
import type { WrittenFrames } from '../../../runtime/kernel/ports/cluster/log-replica.ts';
import type { LogParts } from '../log-settings.ts';

interface Sent {
  readonly size: number;
  readonly byteLength: number;
  readonly atMs: number;
}

// A follower that is further behind fetches what it lacks instead.
const MAX_UNACKNOWLEDGED_BYTES = 16_777_216;
// After a follower that could not be reached, and after one whose log is another, ms.
const RETRY_MS = 250;
const RETRY_DIFFERENT_MS = 30_000;

/** Settings of a {@link FollowerLink}. */
export interface FollowerLinkOptions {
  readonly node: string;
  readonly parts: LogParts;
  readonly generation: number;
  /** The cell as the writer last knew it. */
  readonly cell: () => LogCell;
  /** A node of a higher generation answered. */
  readonly onFenced: (error: WitanError) => void;
  readonly onChange: () => void;
}

/** See the head of the file. */
export class FollowerLink {
  readonly node: string;
  /** Identity of its copy, once it said. */
  copy: string | undefined;
  /** Its log is the beginning of ours, and it follows. */
  isFollowing = false;
  /** Entries that are on its disk. */
  acked = 0;
  /** What its host says of itself. */
  introduction: unknown;
  /** Since when it has been neither heard of nor asked for. */
  heardMs: number;
  readonly #options: FollowerLinkOptions;
  #sent: Sent[] = [];
  #sentBytes = 0;
  #aligning: Promise<void> | undefined;
  #nextTryMs = 0;

  constructor(options: FollowerLinkOptions) {
    this.node = options.node;
    this.#options = options;
    this.heardMs = options.parts.clock.monotonicMs();
  }

  /** For how long it owes an acknowledgement, ms. */
  overdueMs(nowMs: number): number {
    const oldest = this.#sent[0]?.atMs ?? nowMs;
    return Math.max(nowMs - oldest, nowMs - this.heardMs);
  }

  /** Sends frames that were just written; `committed` entries are acknowledged. */
  send(frames: WrittenFrames, committed: number): void {
    if (!this.isFollowing) return;
    const { parts, generation } = this.#options;
    const { firstIndex, count, bytes, root } = frames;
    const byteLength = bytes.length;
    this.#sent.push({ size: firstIndex + count, byteLength, atMs: parts.clock.monotonicMs() });
    this.#sentBytes += byteLength;
    if (this.#sentBytes > MAX_UNACKNOWLEDGED_BYTES) return;
    const push = {
      type: 'frames',
      generation,
      writer: parts.node,
      firstIndex,
      count,
      root,
      committed,
    } as const;
    parts.exchange.push(this.node, push, bytes);
  }

  /** Notes an acknowledgement of this generation. */
  hear({ copy, size, isAligned }: { copy: string; size: number; isAligned: boolean }): void {
    this.heardMs = this.#options.parts.clock.monotonicMs();
    if (this.isFollowing && copy === this.copy && isAligned) return this.#acknowledge(size);
    // It was started again, or has another disk.
    this.isFollowing = false;
    this.align();
  }

  /** It is late: nothing more is sent before it has answered anew. */
  silence(): void {
    this.isFollowing = false;
    this.#sent = [];
    this.#sentBytes = 0;
  }

  /** Brings its log to the beginning of ours, unless that is under way or failed a moment ago. */
  align(): void {
    const nowMs = this.#options.parts.clock.monotonicMs();
    if (this.isFollowing || this.#aligning || nowMs < this.#nextTryMs) return;
    this.#nextTryMs = nowMs + RETRY_MS;
    this.#aligning = this.#align()
      .catch((error: unknown) => this.#failed(toWitanError(error)))
      .finally(() => {
        this.#aligning = undefined;
        this.#options.onChange();
      });
  }

  #acknowledge(size: number): void {
    this.acked = Math.max(this.acked, size);
    let done = 0;
    while (done < this.#sent.length && this.#sent[done]!.size <= this.acked) done += 1;
    for (const { byteLength } of this.#sent.splice(0, done)) this.#sentBytes -= byteLength;
  }

  async #align(): Promise<void> {
    const { parts, generation, cell } = this.#options;
    const { size, root, inSync } = cell();
    const member = inSync.find(({ node }) => node === this.node)?.copy;
    const hello = { type: 'hello', generation, writer: parts.node, member, cell: { size, root } } as const;
    const theirs = WireHello.parse(await this.#ask(hello));
    const common = await this.#commonSize(theirs, theirs.sealedSize);
    const at = { size: common, root: await parts.replica.root(common) };
    if (!parts.plants.keepTails || theirs.size === common)
      await this.#ask({ type: 'cut', generation, ...at });
    this.copy = theirs.copy;
    this.introduction = theirs.introduction;
    this.#sent = [];
    this.#sentBytes = 0;
    this.acked = common;
    this.heardMs = parts.clock.monotonicMs();
    this.isFollowing = true;
  }

  /** Entries that both logs begin with; equal roots mean equal entries, so the place is found by halving. */
  async #commonSize(theirs: WireHello, floor: number): Promise<number> {
    const { replica } = this.#options.parts;
    const own = replica.local.size();
    const isEqual = async (size: number): Promise<boolean> =>
      (await replica.root(size)) === (size === theirs.size ? theirs.root : await this.#rootOf(size));
    let [low, high] = [floor, Math.min(theirs.size, own)];
    if (high < low || !(await isEqual(low))) {
      const details = { node: this.node, field: 'root', size: floor };
      const message = `the log of ${this.node} differs from ours below what is sealed`;
      throw new WitanError('verification_failed', message, details);
    }
    if (await isEqual(high)) return high;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await isEqual(middle)) low = middle;
      else high = middle;
    }
    return low;
  }

  async #rootOf(size: number): Promise<string> {
    const { generation } = this.#options;
    return ((await this.#ask({ type: 'root', generation, size })) as { root: string }).root;
  }

  async #ask(ask: LogAsk): Promise<unknown> {
    const { exchange, times } = this.#options.parts;
    return (await exchange.ask(this.node, ask, { timeoutMs: times.followerTimeoutMs / 2 })).reply;
  }

  #failed(error: WitanError): void {
    if (error.code === 'stale_writer') return this.#options.onFenced(error);
    if (error.code !== 'verification_failed') return;
    const { clock, notes } = this.#options.parts;
    this.#nextTryMs = clock.monotonicMs() + RETRY_DIFFERENT_MS;
    notes.onFault?.(error);
  }
}
