/** Events of decisions that other nodes decide, for followers at this node's doors. */
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import { query, spawnStateless, stop } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem, AnyRef } from '../../../kernel/index.ts';
import type { DecisionSubscriber } from '../../../kernel/ports/decision/decision-events.ts';
import type { NodeCluster } from '../node-cluster.ts';
import type { DecisionShards } from '../decision-shards.ts';
import { EVENTS_PATH } from './messages.ts';
import type { LaneInput, LaneOpened, LaneOutput, OpenLane } from './messages.ts';
import { LANE_WINDOW } from './events-desk.ts';

/** What it is made with. */
export interface FarEventsOptions {
  readonly cluster: Pick<NodeCluster, 'members' | 'node' | 'remoting'>;
  readonly system: ActorSystem;
  /** Below which followers live. */
  readonly parent: AnyRef;
  /** Undefined before the node is up. */
  readonly shards: () => Pick<DecisionShards, 'locate'> | undefined;
}

/** A way to the events of one decision on its node. */
export interface FarLane {
  /** Whether events are held there; else they come from now on. */
  readonly hasHistory: boolean;
  /** Begins; `onLost` is told once when no more can come because the node is gone. Returns an unsubscribe. */
  begin(afterSequence: number, subscriber: DecisionSubscriber, onLost: () => void): () => void;
  /** Gives it up before it has begun. */
  close(): void;
}

const ASK_MS = 2_000;
/** Pause before a node that could not be asked is asked again, ms. */
const AGAIN_MS = 1_000;
/** Events after which the sender learns that they were taken. */
const TOLD_EVERY = LANE_WINDOW / 8;

/** See the head of the file. */
export class FarEvents {
  readonly #options: FarEventsOptions;

  constructor(options: FarEventsOptions) {
    this.#options = options;
  }

  /** The way to a decision's events; undefined: this node decides it. @throws unavailable, deadline_exceeded */
  async open(decisionId: DecisionId): Promise<FarLane | undefined> {
    const place = await this.#options.shards()?.locate(decisionId);
    return place && !place.local ? this.#lane(place.node, decisionId) : undefined;
  }

  /** Events of all decisions of the other nodes, whoever comes and goes. Returns an unsubscribe. */
  followAll(subscriber: DecisionSubscriber): () => void {
    const { cluster } = this.#options;
    const { clock } = this.#options.system;
    const followed = new Map<string, () => void>();
    let again: { cancel(): void } | undefined;
    let isOver = false;
    const follow = (node: string): void => {
      let leave = (): void => {};
      followed.set(node, () => leave());
      const lost = (): void => {
        if (isOver) return;
        followed.delete(node);
        // How many came meanwhile is not known here; whoever counts must read anew.
        subscriber.onGap(1);
        look();
      };
      this.#lane(node, null).then(
        (lane) => {
          if (isOver || !followed.has(node)) return lane.close();
          leave = lane.begin(0, { ...bound(subscriber), onEnd: lost }, lost);
        },
        () => {
          followed.delete(node);
          if (!isOver) again = clock.setTimer(AGAIN_MS, look);
        },
      );
    };
    const look = (): void => {
      if (isOver) return;
      const others = cluster.members.list().filter(({ record }) => record.node !== cluster.node);
      const living = new Set(others.map(({ record }) => record.node));
      for (const node of living) if (!followed.has(node)) follow(node);
      for (const [node, leave] of followed) {
        if (living.has(node)) continue;
        followed.delete(node);
        leave();
      }
    };
    const stopListening = cluster.members.onChange(look);
    look();
    return () => {
      isOver = true;
      stopListening();
      again?.cancel();
      for (const leave of followed.values()) leave();
      followed.clear();
    };
  }

  async #lane(node: string, decisionId: DecisionId | null): Promise<FarLane> {
    const { cluster, system, parent } = this.#options;
    const follower = new LaneFollower(parent);
    try {
      const desk = cluster.remoting.ref<OpenLane>(node, EVENTS_PATH);
      const ask = (replyTo: ActorRef<LaneOpened>): OpenLane => {
        return { type: 'open-lane', decisionId, follower: follower.ref, replyTo };
      };
      const { lane, hasHistory } = await query(desk, ask, { timeoutMs: ASK_MS, via: system });
      return {
        hasHistory,
        begin: (afterSequence, subscriber, onLost) => {
          follower.begin(lane, subscriber, onLost);
          lane.tell({ type: 'begin', afterSequence });
          return () => follower.close();
        },
        close: () => follower.close(),
      };
    } catch (error) {
      follower.close();
      throw error;
    }
  }
}

/** Takes what a lane sends, one event after the other, as fast as the subscriber does. */
class LaneFollower {
  readonly ref: ActorRef<LaneOutput | Watch>;
  #subscriber: DecisionSubscriber | undefined;
  #onLost: (() => void) | undefined;
  #lane: ActorRef<LaneInput> | undefined;
  #takenCount = 0;

  constructor(parent: AnyRef) {
    this.ref = spawnStateless<LaneOutput | Watch>(
      parent,
      (message, ctx) => {
        if (message.type !== 'watch') return this.#take(message);
        ctx.watch(message.lane);
        return undefined;
      },
      undefined,
      {
        behaviorName: 'events-follower',
        onSignal: (_state, signal) => {
          if (signal.kind === 'terminated') this.#end(() => this.#onLost?.());
          return undefined;
        },
      },
    );
  }

  begin(lane: ActorRef<LaneInput>, subscriber: DecisionSubscriber, onLost: () => void): void {
    this.#lane = lane;
    this.#subscriber = subscriber;
    this.#onLost = onLost;
    this.ref.tell({ type: 'watch', lane: lane as AnyRef });
  }

  /** Idempotent; nothing is told to the subscriber any more. */
  close(): void {
    this.#end(() => undefined);
  }

  async #take(message: LaneOutput): Promise<void> {
    const subscriber = this.#subscriber;
    if (!subscriber) return;
    if (message.type === 'gap') return subscriber.onGap(message.resumeAfter);
    if (message.type === 'end') return this.#end(() => subscriber.onEnd());
    await subscriber.onEvent(message.event);
    this.#takenCount += 1;
    if (this.#takenCount < TOLD_EVERY) return;
    this.#lane?.tell({ type: 'taken', count: this.#takenCount });
    this.#takenCount = 0;
  }

  #end(tell: () => void): void {
    if (!this.#lane && !this.#subscriber) return void stop(this.ref as AnyRef);
    this.#lane = undefined;
    this.#subscriber = undefined;
    void stop(this.ref as AnyRef);
    tell();
  }
}

interface Watch {
  readonly type: 'watch';
  readonly lane: AnyRef;
}

function bound(subscriber: DecisionSubscriber): Pick<DecisionSubscriber, 'onEvent' | 'onGap'> {
  return {
    onEvent: (event) => subscriber.onEvent(event),
    onGap: (resumeAfter) => subscriber.onGap(resumeAfter),
  };
}
