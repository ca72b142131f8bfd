/** Starts a session on its journal key. */
import type { DecisionId } from '../../contracts/messages/ids.ts';
import { spawnPersistent } from '../../runtime/kernel/index.ts';
import type { ActorRef, AnyRef } from '../../runtime/kernel/ref.ts';
import type { CouncilOptions } from './deliberation-options.ts';
import { createSessionActor } from './session-behavior.ts';
import type { SessionMessage } from './session-messages.ts';
import type { SessionContext } from './session.ts';
import {
  applySessionEvent,
  migrateSessionEvent,
  NEW_SESSION,
  SESSION_EVENT_VERSION,
  type SessionEvent,
  type SessionState,
} from './session-state.ts';

/** Key under which a session's events are kept. */
export function sessionJournalKey(decisionId: DecisionId): string {
  return `council/session/${decisionId}`;
}

/** Spawns one incarnation of a session below `parent`; it recovers before it takes a message. */
export function spawnSession(
  parent: AnyRef,
  options: CouncilOptions,
  decisionId: DecisionId,
): ActorRef<SessionMessage> {
  const actor = createSessionActor(options);
  return spawnPersistent<SessionState, SessionMessage, SessionEvent>(
    parent,
    actor.behavior,
    sessionJournalKey(decisionId),
    decisionId,
    {
      journal: options.journal,
      initialState: NEW_SESSION,
      apply: applySessionEvent,
      schemaVersion: SESSION_EVENT_VERSION,
      migrate: migrateSessionEvent,
      // A session has fewer events than a snapshot is worth.
      snapshotEvery: Infinity,
      behaviorName: 'councilSession',
      onSignal: (state, signal, ctx) => {
        actor.signal(signal, ctx as SessionContext);
        return state;
      },
      afterStop: () => actor.afterStop(),
      // Asked also before there is a state.
      stateName: (state) => (state?.end ? 'concluded' : `round-${state?.phase ?? 0}`),
      mailbox: { overflow: 'reject' },
    },
  );
}
