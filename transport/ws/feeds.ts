/** All feeds that somebody watches: one per decision, or per tenant, and per what its viewers may see. */
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { DoorBackend } from '../door/backend.ts';
import { Feed } from './feed.ts';
import type { FeedLimits } from './feed.ts';
import { DecisionPicture, TenantPicture } from './pictures.ts';

/** Settings of the feeds. */
export interface FeedsOptions extends FeedLimits {
  /** Decisions in the snapshot of a tenant. */
  readonly decisionMaxCount: number;
  /** How long a feed that nobody watches is kept for those who come back, ms. */
  readonly lingerMs: number;
}

/** A feed and how many watch it. */
interface Watched {
  readonly feed: Promise<Feed>;
  viewerCount: number;
  lingering: NodeJS.Timeout | undefined;
  close(): void;
}

/** What a viewer holds. */
export interface Viewing {
  readonly feed: Feed;
  /** Ends the viewing; more calls do nothing. */
  leave(): void;
}

/** Opens feeds when they are first watched and closes them a while after the last viewer has left. */
export class Feeds {
  readonly #backend: DoorBackend;
  readonly #options: FeedsOptions;
  readonly #onChange: (feed: Feed) => void;
  readonly #nextId: () => string;
  readonly #watched = new Map<string, Watched>();

  constructor(
    backend: DoorBackend,
    options: FeedsOptions,
    hooks: { onChange(feed: Feed): void; nextId(): string },
  ) {
    this.#backend = backend;
    this.#options = options;
    this.#onChange = (feed) => hooks.onChange(feed);
    this.#nextId = () => hooks.nextId();
  }

  /** Feeds that are open. */
  get count(): number {
    return this.#watched.size;
  }

  /** Watches one decision, or all of the tenant. @throws not_found, permission_denied */
  async watch(principal: Principal, decisionId: DecisionId | null): Promise<Viewing> {
    const key = keyOf(principal, decisionId);
    const watched = this.#watched.get(key) ?? this.#open(key, principal, decisionId);
    watched.viewerCount += 1;
    clearTimeout(watched.lingering);
    let isWatching = true;
    const leave = (): void => {
      if (!isWatching) return;
      isWatching = false;
      watched.viewerCount -= 1;
      if (watched.viewerCount === 0) this.#linger(key, watched);
    };
    try {
      return { feed: await watched.feed, leave };
    } catch (error) {
      if (this.#watched.get(key) === watched) this.#watched.delete(key);
      throw error;
    }
  }

  close(): void {
    for (const watched of this.#watched.values()) {
      clearTimeout(watched.lingering);
      watched.close();
    }
    this.#watched.clear();
  }

  #open(key: string, principal: Principal, decisionId: DecisionId | null): Watched {
    let unsubscribe: (() => void) | undefined;
    let isClosed = false;
    const onUnsubscribe = (end: () => void): void => {
      unsubscribe?.();
      unsubscribe = end;
      if (isClosed) end();
    };
    const feed =
      decisionId === null
        ? this.#openTenant(principal, onUnsubscribe)
        : this.#openDecision(principal, decisionId, onUnsubscribe);
    const watched: Watched = {
      feed,
      viewerCount: 0,
      lingering: undefined,
      close: () => {
        isClosed = true;
        unsubscribe?.();
      },
    };
    this.#watched.set(key, watched);
    return watched;
  }

  #linger(key: string, watched: Watched): void {
    watched.lingering = setTimeout(() => {
      if (this.#watched.get(key) === watched) this.#watched.delete(key);
      watched.close();
    }, this.#options.lingerMs);
    watched.lingering.unref();
  }

  async #openDecision(
    principal: Principal,
    decisionId: DecisionId,
    onUnsubscribe: (end: () => void) => void,
  ): Promise<Feed> {
    const picture = new DecisionPicture();
    const feed = new Feed(this.#nextId(), { decisionId, limits: this.#options, picture });
    const unsubscribe = await this.#backend.follow(decisionId, {
      afterSequence: 0,
      principal,
      follower: {
        onEvent: (event) => {
          feed.push(event, event.sequence);
          this.#onChange(feed);
        },
        onSnapshot: (view) => {
          picture.show(view);
          feed.redraw();
        },
        // The next event jumps, which gives every viewer a new snapshot.
        onGap: () => undefined,
        onEnd: () => {
          feed.end();
          this.#onChange(feed);
        },
      },
    });
    onUnsubscribe(unsubscribe);
    return feed;
  }

  async #openTenant(principal: Principal, onUnsubscribe: (end: () => void) => void): Promise<Feed> {
    const { decisionMaxCount } = this.#options;
    const picture = new TenantPicture(decisionMaxCount);
    const feed = new Feed(this.#nextId(), { decisionId: null, limits: this.#options, picture });
    const changed = (): void => this.#onChange(feed);
    const seed = async (): Promise<void> => {
      const page = { limit: Math.min(200, decisionMaxCount) };
      picture.seed((await this.#backend.listDecisions(page, principal)).items);
      feed.redraw();
    };
    onUnsubscribe(
      this.#backend.followAll(principal, {
        onEvent: (event) => {
          feed.push(event);
          changed();
        },
        onGap: (droppedCount) => {
          feed.skip(droppedCount);
          // What the index cannot tell now, later events tell.
          void seed().then(changed, changed);
        },
        onEnd: () => {
          feed.end();
          changed();
        },
      }),
    );
    await seed();
    return feed;
  }
}

/** Viewers of one key see the same: tenant and scopes decide what a follower is given. */
function keyOf({ tenant, scopes }: Principal, decisionId: DecisionId | null): string {
  return [tenant, decisionId ?? '*', ...[...scopes].sort()].join('\n');
}
