/** Joins a session to its actor: one behavior for each incarnation, the state in the journal. */
import type { Signal } from '../../runtime/kernel/actor.ts';
import type { DeliberationOptions } from './deliberation-options.ts';
import type { SessionMessage } from './session-messages.ts';
import { Session, type SessionContext } from './session.ts';
import type { SessionState } from './session-state.ts';

/** Callbacks of one incarnation of a session actor. */
export interface SessionActor {
  behavior(state: SessionState, message: SessionMessage, ctx: SessionContext): void | Promise<void>;
  signal(signal: Signal, ctx: SessionContext): void;
  afterStop(): void;
}

/**
 * Callbacks for one incarnation. A crash, a failed append among them, ends the incarnation; the council
 * starts another on the same journal key, which goes on from the recorded ballots.
 */
export function createSessionActor(options: DeliberationOptions): SessionActor {
  let session: Session | undefined;
  return {
    behavior(_state, message, ctx) {
      if (message.type !== 'begin') return session && handle(session, message, ctx);
      if (session) return undefined;
      session = new Session(options, message, ctx.self);
      return session.begin(ctx);
    },
    signal(signal, ctx) {
      session?.signal(signal, ctx);
    },
    afterStop() {
      session?.release();
    },
  };
}

type Later = Exclude<SessionMessage, { type: 'begin' }>;

function handle(session: Session, message: Later, ctx: SessionContext): void | Promise<void> {
  switch (message.type) {
    case 'ballot':
    case 'no-ballot':
      return session.reply(message, ctx);
    case 'count-ballots':
      return session.countBallots(ctx);
    case 'round-over':
      return session.roundOver(message.result, ctx);
    case 'ask-again':
      return session.askAgain(message, ctx);
    case 'late-window-over':
      return ctx.stop();
  }
}
