/** `/platform/sign-in`: forgets sessions that have ended, and puts repeated failures on the record. */
import { spawn } from '../../../../runtime/kernel/index.ts';
import type { ActorRef, Parent } from '../../../../runtime/kernel/index.ts';
import type { SignIn } from './sign-in.ts';

/** Mailbox of `/platform/sign-in`. */
export type SignInMessage = { readonly type: 'close-window' } | { readonly type: 'written' };

const WINDOW_MS = 60_000;

/** Starts `<parent>/sign-in`. Sessions are refused from their end on, whether or not it has run. */
export function spawnSignIn(parent: Parent, signIn: SignIn): ActorRef<SignInMessage> {
  return spawn<SignIn, SignInMessage>(
    parent,
    (state, message, ctx) => {
      if (message.type === 'written') return state;
      state.sessions.sweep();
      ctx.setTimer('window', WINDOW_MS, { type: 'close-window' });
      ctx.pipeToSelf(
        () => Promise.all([state.audit.closeWindow(), state.sessions.removeEnded()]),
        () => ({ type: 'written' }),
      );
      return state;
    },
    'sign-in',
    {
      initialStateFunc: (ctx) => {
        ctx.setTimer('window', WINDOW_MS, { type: 'close-window' });
        return signIn;
      },
      behaviorName: 'sign-in',
      stateName: ({ sessions, userCount }) => `${sessions.size} sessions, ${userCount} users`,
      afterStop: () => signIn.audit.closeWindow(),
      onCrash: () => 'reset',
    },
  );
}
