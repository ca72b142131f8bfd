/** How events of decisions come from the node that decides to the node where somebody watches. */
import type { DecisionEvent } from '../../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { ActorRef } from '../../../kernel/index.ts';

/** Place of the desk on every node. */
export const EVENTS_PATH = '/cluster/events';

/** What the desk takes. */
export interface OpenLane {
  readonly type: 'open-lane';
  /** Null: events of all decisions, from now on. */
  readonly decisionId: DecisionId | null;
  readonly follower: ActorRef<LaneOutput>;
  readonly replyTo: ActorRef<LaneOpened>;
}

/** The lane stands; nothing is sent before it is told to begin. */
export interface LaneOpened {
  readonly type: 'lane-opened';
  readonly lane: ActorRef<LaneInput>;
  /** Whether events of the decision are held on that node. */
  readonly hasHistory: boolean;
}

/** What a lane takes from its follower. */
export type LaneInput =
  | { readonly type: 'begin'; readonly afterSequence: number }
  /** That many events were taken; as many more may come. */
  | { readonly type: 'taken'; readonly count: number };

/** What a lane sends: in order, at most a window ahead of what was taken. */
export type LaneOutput =
  | { readonly type: 'event'; readonly event: DecisionEvent }
  | { readonly type: 'gap'; readonly resumeAfter: number }
  | { readonly type: 'end' };
