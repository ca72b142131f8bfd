/** Follows one decision, whichever node decides it, and follows it on where it moves. */
import type { DecisionView } from '../../../../contracts/messages/decision-view.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { EventFollower } from '../../../../transport/door/backend.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type {
  DecisionEventsPort,
  DecisionSubscriber,
} from '../../../kernel/ports/decision/decision-events.ts';
import type { FarEvents } from '../../cluster/events/far-events.ts';
import type { RecordedDecision } from '../../record/decision-view.ts';

/** What is followed from. */
export interface DecisionSource {
  readonly clock: Clock;
  readonly events: DecisionEventsPort;
  /** Absent: every decision is decided here. */
  readonly farEvents?: Pick<FarEvents, 'open' | 'followAll'> | undefined;
  /** @throws not_found, unavailable */
  read(): Promise<RecordedDecision>;
  view(recorded: RecordedDecision): Promise<DecisionView>;
}

/** Pause before a decision is looked for again, ms. */
const AGAIN_MS = 200;
/** Time in which another node must have taken over what its node lost, ms. */
const LOST_MS = 30_000;

/**
 * Follows a decision: what is held of its events first, or a snapshot, then live.
 *
 * When the node that decides it is lost, the follower is told of a gap, and the events of the next one follow
 * from its first. Returns an unsubscribe. @throws not_found; unavailable when its node cannot be asked
 */
export async function followDecision(
  { decisionId, afterSequence }: { readonly decisionId: DecisionId; readonly afterSequence: number },
  follower: EventFollower,
  source: DecisionSource,
): Promise<() => void> {
  const { events, farEvents, clock } = source;
  let isOver = false;
  let leave = (): void => {};
  const begin = async (after: number): Promise<() => void> => {
    const recorded = await source.read();
    if (events.history(decisionId).length > 0) return events.subscribe(decisionId, after, follower);
    // A decision that is over can be told from the record alone.
    const opened = farEvents?.open(decisionId);
    const lane = await (recorded.final ? opened?.catch(() => undefined) : opened);
    if (lane?.hasHistory) return lane.begin(after, ...untilFinal(follower, lost));
    follower.onSnapshot(await source.view(recorded));
    if (!recorded.final)
      return lane ? lane.begin(0, ...untilFinal(follower, lost)) : events.subscribe(decisionId, 0, follower);
    lane?.close();
    follower.onEnd();
    return () => undefined;
  };
  const lost = (): void => {
    if (isOver) return;
    follower.onGap(0);
    const endMs = clock.monotonicMs() + LOST_MS;
    const again = (): void => {
      if (isOver) return;
      begin(0).then(
        (next) => {
          leave = next;
          if (isOver) leave();
        },
        () => {
          if (clock.monotonicMs() < endMs) clock.setTimer(AGAIN_MS, again);
          else if (!isOver) follower.onEnd();
        },
      );
    };
    clock.setTimer(AGAIN_MS, again);
  };
  leave = await begin(afterSequence);
  return () => {
    isOver = true;
    leave();
  };
}

/** Events of all decisions, of this node and of the others. Returns an unsubscribe. */
export function followAllNodes(
  events: DecisionEventsPort,
  farEvents: Pick<FarEvents, 'followAll'> | undefined,
  subscriber: DecisionSubscriber,
): () => void {
  const near = events.subscribeAll(subscriber);
  const far = farEvents?.followAll(subscriber);
  return () => {
    near();
    far?.();
  };
}

/** A stream that ends before its decision does has lost its node. */
function untilFinal(
  follower: DecisionSubscriber,
  onLost: () => void,
): [subscriber: DecisionSubscriber, onLost: () => void] {
  let isFinal = false;
  const lost = (): void => (isFinal ? follower.onEnd() : onLost());
  const subscriber: DecisionSubscriber = {
    onEvent: (event) => {
      isFinal ||= event.type === 'final';
      return follower.onEvent(event);
    },
    onGap: (resumeAfter) => follower.onGap(resumeAfter),
    onEnd: lost,
  };
  return [subscriber, lost];
}

/** Events of one decision without its record: for the embedding host. Returns an unsubscribe. */
export function followOne(
  { decisionId, afterSequence }: { readonly decisionId: DecisionId; readonly afterSequence: number },
  subscriber: DecisionSubscriber,
  { events, farEvents }: Pick<DecisionSource, 'events' | 'farEvents'>,
): () => void {
  const near = (): (() => void) => events.subscribe(decisionId, afterSequence, subscriber);
  if (!farEvents || events.history(decisionId).length > 0) return near();
  let isOver = false;
  let leave = (): void => {};
  const end = (): void => {
    if (!isOver) subscriber.onEnd();
  };
  farEvents.open(decisionId).then((lane) => {
    if (isOver) lane?.close();
    else leave = lane ? lane.begin(afterSequence, subscriber, end) : near();
  }, end);
  return () => {
    isOver = true;
    leave();
  };
}
