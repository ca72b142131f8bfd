/** Figures of decisions, read off their streams: the path itself pays nothing for them. */
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import { ballotVote } from '../../contracts/messages/ballot.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { DecisionSubscriber } from '../kernel/ports/decision/decision-events.ts';
import type { TelemetryPort } from '../kernel/ports/telemetry.ts';

/** Open decisions whose start is remembered; the oldest go first and are not timed. */
const OPEN_MAX_COUNT = 10_000;

type Sink = Pick<TelemetryPort, 'count' | 'time'>;

/** Follower of all decisions that turns events into figures. */
export function decisionMetrics(sink: Sink): DecisionSubscriber {
  const openedAtMs = new Map<DecisionId, number>();
  return {
    onEvent(event) {
      if (event.type === 'opened') {
        openedAtMs.set(event.decisionId, event.atWallMs);
        if (openedAtMs.size > OPEN_MAX_COUNT) openedAtMs.delete(openedAtMs.keys().next().value!);
      } else if (event.type === 'final') {
        const sinceMs = openedAtMs.get(event.decisionId);
        openedAtMs.delete(event.decisionId);
        ended(sink, event, sinceMs);
      } else noted(sink, event);
    },
    // A gap loses a few figures of a node under a load that it cannot follow; the record has them all.
    onGap: () => openedAtMs.clear(),
    onEnd: () => openedAtMs.clear(),
  };
}

function ended(
  sink: Sink,
  { verdict, atWallMs }: Extract<DecisionEvent, { type: 'final' }>,
  sinceMs: number | undefined,
): void {
  const { outcome, decidedBy, risk, heldReason } = verdict.body;
  sink.count('decisions', 1, { outcome, decided_by: decidedBy, risk });
  if (heldReason !== null) sink.count('held', 1, { reason: heldReason });
  if (sinceMs === undefined) return;
  sink.time('decision_time', Math.max(0, atWallMs - sinceMs), { decided_by: decidedBy });
}

function noted(sink: Sink, event: DecisionEvent): void {
  switch (event.type) {
    case 'step':
      sink.time('step_time', event.step.elapsedMs, { step: event.step.step });
      break;
    case 'ballot':
      sink.count('ballots', 1, { seat: event.seat, vote: ballotVote(event.ballot.body) });
      sink.time('ballot_time', event.elapsedMs, { seat: event.seat });
      break;
    case 'seat-absent':
      sink.count('absences', 1, { seat: event.seat, reason: event.reason });
      sink.count('evaluation_errors', 1, { evaluator: event.seat, error_type: event.reason });
      break;
    case 'ballot-refused':
      sink.count('refused_ballots', 1);
      break;
    default:
      break;
  }
}
