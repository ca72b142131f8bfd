/** One viewer: cursors into shared feeds, and a window that a slow one fills without anybody waiting. */
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { LiveMessage } from '../../contracts/messages/door/live.ts';
import type { Feed, FeedFrame } from './feed.ts';

/** The part of a WebSocket that a viewer is written to. */
export interface LiveSocket {
  readonly bufferedAmount: number;
  send(data: Buffer | string, options: { binary: boolean }): void;
  ping(data: Buffer): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Bounds of one viewer. */
export interface ViewerLimits {
  /** Bytes that may be under way: sent, and not yet read by the client. */
  readonly windowBytes: number;
  /** Events that a viewer may lag before it gets a snapshot in their place. */
  readonly behindMaxCount: number;
  /** Bytes of one frame of events above which it is a snapshot instead. */
  readonly frameMaxBytes: number;
  readonly frameMs: number;
  /** A client that answers no ping for this long is cut off, ms. */
  readonly stallMs: number;
}

interface Subscription {
  readonly feed: Feed;
  readonly decisionId: DecisionId | null;
  leave(): void;
  /** Sequence of the last event sent; null: a snapshot is due. */
  cursor: number | null;
}

/**
 * What the client has read is known from its pongs, which answer in the order of the bytes before them: so
 * neither this process nor the kernel's buffers grow with a client that does not read.
 */
export class LiveClient {
  readonly #socket: LiveSocket;
  readonly #limits: ViewerLimits;
  readonly #subscriptions = new Map<string, Subscription>();
  #sentBytes = 0;
  #readBytes = 0;
  #pinged: { readonly upTo: number; readonly atMs: number } | undefined;
  #lastFrameMs = -Infinity;
  #isClosed = false;

  constructor(socket: LiveSocket, limits: ViewerLimits) {
    this.#socket = socket;
    this.#limits = limits;
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  /** Sends something small that is not part of a feed. */
  say(message: Exclude<LiveMessage, { type: 'snapshot' | 'events' }>): void {
    if (!this.#isClosed) this.#send(Buffer.from(JSON.stringify(message)));
  }

  /** Follows a feed, after `since` where that is still held and of this feed, else from a snapshot. */
  follow(
    viewing: { feed: Feed; leave(): void },
    resume: { since: number | undefined; feed: string | undefined },
  ): void {
    const { feed } = viewing;
    const { since } = resume;
    const isSame = resume.feed === undefined ? feed.decisionId !== null : resume.feed === feed.id;
    const canResume = since !== undefined && isSame && feed.holdsAfter(since);
    this.unfollow(feed.id);
    const leave = (): void => viewing.leave();
    const { decisionId } = feed;
    this.#subscriptions.set(feed.id, { feed, decisionId, leave, cursor: canResume ? since : null });
    if (canResume) this.say({ type: 'resumed', feed: feed.id, decisionId, sequence: since });
  }

  /** Ends one subscription; false when there is none of that name. */
  unfollow(feedId: string): boolean {
    const subscription = this.#subscriptions.get(feedId);
    subscription?.leave();
    return this.#subscriptions.delete(feedId);
  }

  /**
   * Sends at most one frame: of the subscription whose turn it is and that is behind. True when something is
   * still due, so that the caller comes back after `frameMs`.
   */
  pump(nowMs: number): boolean {
    if (this.#isClosed || !this.#hasRoom()) return false;
    if (nowMs - this.#lastFrameMs < this.#limits.frameMs) return this.#isBehind();
    for (const [id, subscription] of this.#subscriptions) {
      const frame = this.#due(subscription);
      if (!frame) {
        this.#endIfOver(id, subscription);
        continue;
      }
      // The others come first next time.
      this.#subscriptions.delete(id);
      this.#subscriptions.set(id, subscription);
      subscription.cursor = frame.sequence;
      this.#lastFrameMs = nowMs;
      this.#send(frame.bytes, nowMs);
      this.#endIfOver(id, subscription);
      return this.#isBehind();
    }
    return false;
  }

  /** The client has read everything up to the ping. */
  onPong(nowMs: number): void {
    if (!this.#pinged) return;
    this.#readBytes = this.#pinged.upTo;
    this.#pinged = undefined;
    if (this.#sentBytes - this.#readBytes >= this.#limits.windowBytes / 4) this.#ping(nowMs);
  }

  /** Asks whether the client is there; cuts it off when it has not answered for too long. */
  beat(nowMs: number): void {
    if (this.#isClosed) return;
    if (!this.#pinged) this.#ping(nowMs);
    else if (nowMs - this.#pinged.atMs >= this.#limits.stallMs) this.#socket.terminate();
  }

  /** Lets go of all feeds; nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    for (const { leave } of this.#subscriptions.values()) leave();
    this.#subscriptions.clear();
  }

  #due({ feed, cursor }: Subscription): FeedFrame | undefined {
    if (cursor === null) return feed.snapshot();
    if (cursor === feed.head) return undefined;
    const { behindMaxCount, frameMaxBytes } = this.#limits;
    if (!feed.holdsAfter(cursor) || feed.head - cursor > behindMaxCount) return feed.snapshot();
    const frame = feed.frameAfter(cursor);
    return frame.bytes.length > frameMaxBytes ? feed.snapshot() : frame;
  }

  #endIfOver(id: string, { feed, cursor }: Subscription): void {
    if (!feed.hasEnded || cursor !== feed.head) return;
    this.unfollow(id);
    this.say({ type: 'end', feed: id, reason: 'complete' });
  }

  #isBehind(): boolean {
    if (!this.#hasRoom()) return false;
    for (const { feed, cursor } of this.#subscriptions.values()) {
      if (cursor !== feed.head) return true;
    }
    return false;
  }

  #hasRoom(): boolean {
    const { windowBytes } = this.#limits;
    return this.#sentBytes - this.#readBytes < windowBytes && this.#socket.bufferedAmount < windowBytes;
  }

  #send(bytes: Buffer, nowMs?: number): void {
    this.#sentBytes += bytes.length;
    this.#socket.send(bytes, { binary: false });
    const unread = this.#sentBytes - this.#readBytes;
    if (nowMs !== undefined && !this.#pinged && unread >= this.#limits.windowBytes / 4) this.#ping(nowMs);
  }

  #ping(nowMs: number): void {
    this.#pinged = { upTo: this.#sentBytes, atMs: nowMs };
    this.#socket.ping(NO_DATA);
  }
}

const NO_DATA = Buffer.alloc(0);
