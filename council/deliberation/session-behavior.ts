/** Joins a session to its actor: one behavior for each incarnation, the state in the journal. */
import type { ActorContext, Behavior, Signal } from '../../runtime/kernel/actor.ts';
import type { DeliberationOptions } from './deliberation-options.ts';
import type { SessionMessage } from './session-messages.ts';
import { Session } from './session.ts';
import type { SessionState } from './session-state.ts';

/** Callbacks of one incarnation of a session actor. */
export interface SessionActor {
  readonly behavior: Behavior<SessionState, SessionMessage>;
  onSignal(state: SessionState, signal: Signal, ctx: ActorContext<SessionMessage>): SessionState;
  afterStop(): void;
}

/**
 * Callbacks for one incarnation. A crash ends the incarnation; the council starts another on the same journal key,
 * which goes on from the recorded ballots.
 */
export function createSessionActor(options: DeliberationOptions): SessionActor {
  let session: Session | undefined;
  return {
    behavior: function councilSession(state, message, ctx) {
      if (message.type === 'begin') {
        // A second `begin` of a concluded session asks for the result again.
        if (session && !state.result) return state;
        session ??= new Session(options, message, ctx.self);
        return session.begin(state, ctx);
      }
      return session ? handle(session, state, { message, ctx }) : state;
    },
    onSignal(state, signal, ctx) {
      session?.signal(signal, ctx);
      return state;
    },
    afterStop() {
      session?.release();
    },
  };
}

/** A message and the context it came in. */
interface Delivery {
  readonly message: Exclude<SessionMessage, { type: 'begin' }>;
  readonly ctx: ActorContext<SessionMessage>;
}

function handle(session: Session, state: SessionState, { message, ctx }: Delivery): SessionState | Promise<SessionState> {
  switch (message.type) {
    case 'ballot':
    case 'no-ballot':
      return session.reply(state, message, ctx);
    case 'round-over':
      return session.roundOver(state, message.result, ctx);
    case 'ask-again':
      session.askAgain(message, ctx);
      return state;
    case 'advisory-ballot':
      session.advisory(message.agent, message.ballot);
      return state;
    case 'late-window-over':
      ctx.stop();
      return state;
    case 'journal-failed':
      // The council starts the session again, or holds the decision where the journal stays out of reach.
      throw message.error;
  }
}
