/** `/system/evaluation`: the owner of the threads that evaluators work on. */
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import { spawn } from '../../kernel/index.ts';
import type { ActorRef } from '../../kernel/index.ts';
import type { ThreadEnd } from './evaluation-thread.ts';
import type { EvaluationInfo, EvaluationThreads } from './evaluation-threads.ts';

/** What the actor takes. */
export interface EvaluationMessage {
  readonly type: 'info';
  readonly replyTo: ActorRef<EvaluationInfo>;
}

/** Path of the actor; log lines and figures of the threads carry it. */
export const EVALUATION_PATH = '/system/evaluation';
const STOP_GRACE_MS = 5_000;

/**
 * The threads live as long as the actor: it opens them where they are not open, and its stop ends them. Jobs
 * do not pass through its mailbox, they are given to the threads at once.
 */
export function evaluationChild(threads: EvaluationThreads): ChildSpec {
  return {
    id: 'evaluation',
    start: (parent) =>
      spawn<EvaluationThreads, EvaluationMessage>(
        parent,
        (state, message) => {
          message.replyTo.tell(state.info());
          return state;
        },
        'evaluation',
        {
          behaviorName: 'evaluation',
          initialStateFunc: () => {
            threads.open();
            return threads;
          },
          stateName: (state) => nameOf(state.info()),
          afterStop: (state) => state.close(),
          stopGraceMs: STOP_GRACE_MS,
          // It has no state to lose, and what the threads work on must not be.
          onCrash: () => 'resume',
        },
      ),
  };
}

/** Tells telemetry of a thread that ended; never what it was working on. */
export function reportEnd(telemetry: TelemetryPort | undefined, { error, culprit, rest }: ThreadEnd): void {
  telemetry?.log('error', EVALUATION_PATH, 'a thread of evaluators has ended', {
    error: error.message,
    decisionId: culprit?.input.decision.decisionId ?? null,
    sentAgainCount: rest.length,
  });
  telemetry?.count('evaluation_thread_ends', 1, { code: error.code });
}

function nameOf(info: EvaluationInfo): string {
  const { threadCount, liveCount, waitingCount, workingCount, restartCount } = info;
  const work = `${workingCount} held, ${waitingCount} waiting`;
  return `${liveCount}/${threadCount} threads, ${work}, ${restartCount} restarts`;
}
