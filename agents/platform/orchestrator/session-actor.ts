/**
 * The actor of one decision, `/platform/orchestrator/decision/<id>`: runs its session and says how it
 * ended.
 */
import { WitanError } from '../../../contracts/errors.ts';
import { spawn } from '../../../runtime/kernel/index.ts';
import type { ActorContext, ActorRef, AnyRef } from '../../../runtime/kernel/index.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import { runSession } from './decision-session.ts';
import type { SessionEnd, SessionJob } from './decision-session.ts';
import type { FeederMessage, OrchestratorMessage } from './messages.ts';
import type { OrchestratorPorts } from './ports.ts';
import { traceSession } from './record/session-trace.ts';

/** Everything in the mailbox of a decision's actor. */
export type SessionActorMessage =
  { readonly type: 'run' } | { readonly type: 'ended'; readonly result: PromiseSettledResult<SessionEnd> };

/** Whom a session reports to. */
export interface SessionOwner {
  readonly orchestrator: ActorRef<OrchestratorMessage>;
  readonly feeder: ActorRef<FeederMessage>;
}

/**
 * Starts the actor of one decision below `parent` and its work. When it is stopped, nothing more is
 * recorded.
 */
export function spawnSession(
  parent: AnyRef,
  job: SessionJob,
  { owner, ports }: { owner: SessionOwner; ports: OrchestratorPorts },
): ActorRef<SessionActorMessage> {
  const { decisionId } = job.decision;
  const stopped = new AbortController();
  let hasEnded = false;
  const listener = {
    onAccepted: () => owner.orchestrator.tell({ type: 'session-accepted', decisionId }),
    onRecorded: (entry: LedgerEntry) => owner.feeder.tell({ type: 'entry', entry }),
  };
  const behavior = (
    state: 'waiting' | 'running' | 'ended',
    message: SessionActorMessage,
    ctx: ActorContext<SessionActorMessage>,
  ): 'waiting' | 'running' | 'ended' => {
    if (message.type === 'run') {
      if (state !== 'waiting') return state;
      const trace = traceSession(job, ports);
      ctx.pipeToSelf(
        () => runSession(job, trace?.ports ?? ports, { listener, signal: stopped.signal }),
        (result) => {
          trace?.end(result);
          return { type: 'ended', result };
        },
      );
      return 'running';
    }
    hasEnded = true;
    owner.orchestrator.tell({ type: 'session-ended', decisionId, result: message.result });
    ctx.stop();
    return 'ended';
  };
  const session = spawn<'waiting' | 'running' | 'ended', SessionActorMessage>(parent, behavior, decisionId, {
    initialState: 'waiting',
    behaviorName: 'decision-session',
    stateName: (state) => state,
    mailbox: { capacity: 4 },
    afterStop: () => {
      if (!hasEnded) stopped.abort(new WitanError('cancelled', 'the session was stopped', { decisionId }));
    },
  });
  session.tell({ type: 'run' });
  return session;
}
