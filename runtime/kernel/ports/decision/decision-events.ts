/** Port: the sequenced stream of each decision. */
import type { DecisionEvent, DecisionEventBody } from '../../../../contracts/messages/events.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';

/** Receives events in order; a slow one is told `gap` and reads the snapshot again. */
export interface DecisionSubscriber {
  /** A returned promise means "busy": nothing more is delivered until it settles. */
  onEvent(event: DecisionEvent): void | Promise<void>;
  /** Events up to `resumeAfter` are lost for this subscriber: subscribe again from 0. */
  onGap(resumeAfter: number): void;
  /** No more events will come (retention ended or the node stops). */
  onEnd(): void;
}

/** Publishes and follows the events of decisions. Publishing never blocks and never throws. */
export interface DecisionEventsPort {
  publish(decisionId: DecisionId, body: DecisionEventBody): DecisionEvent;
  /** Events after `afterSequence` first, then live. Returns an unsubscribe. */
  subscribe(decisionId: DecisionId, afterSequence: number, subscriber: DecisionSubscriber): () => void;
  /** Every decision's events from now on; `onGap` gets the number of events dropped. */
  subscribeAll(subscriber: DecisionSubscriber): () => void;
  /** Events still held, in order; empty when unknown. */
  history(decisionId: DecisionId): readonly DecisionEvent[];
}
