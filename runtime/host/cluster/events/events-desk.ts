/** Hands the events of this node's decisions to followers on other nodes, as fast as each of them takes them. */
import { spawnStateless, stop } from '../../../kernel/index.ts';
import type { ActorContext, ActorRef, AnyRef, Parent } from '../../../kernel/index.ts';
import type {
  DecisionEventsPort,
  DecisionSubscriber,
} from '../../../kernel/ports/decision/decision-events.ts';
import type { LaneInput, LaneOutput, OpenLane } from './messages.ts';

/** Events that may be on their way to one follower. */
export const LANE_WINDOW = 256;
/** More lanes are not opened: a node has few others, and each of them some viewers. */
const LANE_MAX_COUNT = 4_096;

/** Spawns `/cluster/events` below `parent`. */
export function spawnEventsDesk(parent: Parent, events: DecisionEventsPort): ActorRef<OpenLane> {
  return spawnStateless<OpenLane>(parent, (message, ctx) => openLane(message, ctx, events), 'events', {
    behaviorName: 'events-desk',
    onCrash: () => 'resume',
  });
}

function openLane(
  { decisionId, follower, replyTo }: OpenLane,
  ctx: ActorContext<OpenLane>,
  events: DecisionEventsPort,
): void {
  // Unanswered, the asker gives up and tells its viewer; those who are served stay served.
  if (ctx.children.size >= LANE_MAX_COUNT) return;
  let leave: (() => void) | undefined;
  const sender = new LaneSender(follower);
  const lane = spawnStateless<LaneInput>(
    ctx.self as AnyRef,
    (message) => {
      if (message.type === 'taken') return sender.taken(message.count);
      leave ??=
        decisionId === null
          ? events.subscribeAll(sender)
          : events.subscribe(decisionId, message.afterSequence, sender);
    },
    undefined,
    {
      behaviorName: 'events-lane',
      initialStateFunc: (laneCtx) => void laneCtx.watch(follower as AnyRef),
      onSignal: (_state, signal, laneCtx) => {
        if (signal.kind === 'terminated') void stop(laneCtx.self as AnyRef);
        return undefined;
      },
      afterStop: () => leave?.(),
    },
  );
  const hasHistory = decisionId !== null && events.history(decisionId).length > 0;
  replyTo.tell({ type: 'lane-opened', lane, hasHistory });
}

/** Sends what it is given, and says "busy" while a window is under way. */
class LaneSender implements DecisionSubscriber {
  readonly #follower: ActorRef<LaneOutput>;
  #underWay = 0;
  #free: (() => void) | undefined;

  constructor(follower: ActorRef<LaneOutput>) {
    this.#follower = follower;
  }

  onEvent: DecisionSubscriber['onEvent'] = (event) => {
    this.#follower.tell({ type: 'event', event });
    this.#underWay += 1;
    if (this.#underWay < LANE_WINDOW) return undefined;
    return new Promise((resolve) => (this.#free = resolve));
  };

  onGap(resumeAfter: number): void {
    this.#follower.tell({ type: 'gap', resumeAfter });
  }

  onEnd(): void {
    this.#follower.tell({ type: 'end' });
  }

  taken(count: number): void {
    this.#underWay -= count;
    if (this.#underWay >= LANE_WINDOW) return;
    this.#free?.();
    this.#free = undefined;
  }
}
