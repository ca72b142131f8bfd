/** Endpoints of signing in with a browser: providers, passwords, second factor, session, sign-out. */
import { z } from 'zod';
import { ERROR_CODES, toWitanError, WitanError } from '../../../contracts/errors.ts';
import {
  FactorCode,
  FactorSecret,
  PasswordSetUp,
  PasswordSignIn,
  RecoveryCodes,
  SessionView,
  SignedOut,
  SignOut,
} from '../../../contracts/messages/identity/sign-in.ts';
import type { NewSession, SignInCaller, SignInPort } from '../../../runtime/kernel/ports/sign-in/sign-in.ts';
import { cookieValue, csrfTokenOf, setCookie } from '../caller/session-cookies.ts';
import { route } from '../route.ts';
import type { Route, RouteCall } from '../route.ts';

type Call = RouteCall<unknown, unknown, unknown>;

const Begin = z.strictObject({
  provider: z.string().max(40).optional(),
  returnTo: z.string().max(2_000).optional(),
});
/** Providers add fields of their own. */
const Answer = z.record(z.string().max(100), z.string().max(4_000));
const Nothing = z.strictObject({});
const PAGE = '/sign-in.html';
/** At a node where nobody signs in. */
const NOBODY: SessionView = {
  state: 'signed-out',
  user: null,
  endsAt: null,
  idleMs: 0,
  providers: [],
  hasLocalUsers: false,
};

/** Endpoints of signing in. No answer of theirs is kept by anything between. */
export const signInRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/auth/session',
    operation: 'session.read',
    operationId: 'readSession',
    summary: 'Says who is signed in and how one can sign in',
    responses: { 200: SessionView },
    handle: async (call) => {
      const view = (await call.backend.signIn?.view(callerOf(call))) ?? NOBODY;
      call.reply.header('cache-control', 'no-store');
      if (view.state === 'signed-out' && call.credentials.sessionToken !== undefined) takeCookies(call);
      return view;
    },
  }),
  route({
    method: 'GET',
    url: '/auth/login',
    operation: 'session.begin',
    operationId: 'beginSignIn',
    summary: 'Redirects to the page of a provider',
    query: Begin,
    responses: { 303: 'text' },
    handle: (call) => orPage(call, begin),
  }),
  route({
    method: 'GET',
    url: '/auth/callback',
    operation: 'session.begin',
    operationId: 'finishSignIn',
    summary: 'Takes the answer of a provider, begins a session, redirects to where the sign-in began',
    query: Answer,
    responses: { 303: 'text' },
    handle: (call) => orPage(call, finish),
  }),
  route({
    method: 'POST',
    url: '/auth/password',
    operation: 'session.begin',
    operationId: 'signInWithPassword',
    summary: 'Begins a session of a local user',
    body: PasswordSignIn,
    responses: { 200: SessionView },
    handle: async (call) => given(call, await portOf(call).signIn(call.body, callerOf(call))),
  }),
  route({
    method: 'POST',
    url: '/auth/set-up',
    operation: 'session.begin',
    operationId: 'setPassword',
    summary: 'Sets the password of a local user with the token of a link, and begins a session',
    body: PasswordSetUp,
    responses: { 200: SessionView },
    handle: async (call) => given(call, await portOf(call).setUp(call.body, callerOf(call))),
  }),
  route({
    method: 'POST',
    url: '/auth/factor',
    operation: 'session.factor',
    operationId: 'showSecondFactor',
    summary: 'Shows a code of the authenticator or a recovery code; the session gets another secret',
    body: FactorCode,
    responses: { 200: SessionView },
    handle: async (call) => given(call, await portOf(call).showFactor(call.body.code, callerOf(call))),
  }),
  route({
    method: 'POST',
    url: '/auth/factor/enrol',
    operation: 'session.factor',
    operationId: 'enrolSecondFactor',
    summary: 'Makes the secret of an authenticator; it is in this answer and nowhere else',
    body: Nothing,
    responses: { 200: FactorSecret },
    handle: async (call) => {
      const secret = await portOf(call).enrolFactor(callerOf(call));
      call.reply.header('cache-control', 'no-store');
      return secret;
    },
  }),
  route({
    method: 'POST',
    url: '/auth/factor/confirm',
    operation: 'session.factor',
    operationId: 'confirmSecondFactor',
    summary: 'Puts a new authenticator in force by a code of it; gives ten recovery codes, once',
    body: FactorCode,
    responses: { 200: RecoveryCodes },
    handle: async (call) => {
      const { session, recoveryCodes } = await portOf(call).confirmFactor(call.body.code, callerOf(call));
      return { session: given(call, session), recoveryCodes };
    },
  }),
  route({
    method: 'POST',
    url: '/auth/logout',
    operation: 'session.end',
    operationId: 'signOut',
    summary: 'Ends the session, or every session of the user',
    body: SignOut,
    responses: { 200: SignedOut },
    handle: async (call) => {
      const ended = await portOf(call).signOut(call.body.everywhere ?? false, callerOf(call));
      takeCookies(call);
      call.reply.header('cache-control', 'no-store');
      return ended;
    },
  }),
];

async function begin(call: RouteCall<unknown, z.infer<typeof Begin>, unknown>): Promise<undefined> {
  const { provider, returnTo } = call.query;
  const { location, sealed, lifeMs } = await portOf(call).begin({ provider, returnTo }, callerOf(call));
  const { flow, isSecure } = call.cookies;
  call.reply
    .header('cache-control', 'no-store')
    .header('set-cookie', setCookie(flow, sealed, { isSecure, lifeMs }));
  return redirect(call, location);
}

async function finish(call: RouteCall<unknown, z.infer<typeof Answer>, unknown>): Promise<undefined> {
  const { flow } = call.cookies;
  const sealed = cookieValue(call.request.headers.cookie ?? '', flow);
  const { session, returnTo } = await portOf(call).finish({ query: call.query, sealed }, callerOf(call));
  given(call, session);
  return redirect(call, session.view.state === 'signed-in' ? returnTo : pageFor(returnTo));
}

/** The page asks for the second factor and goes on from there. */
function pageFor(returnTo: string): string {
  return `${PAGE}#return-to=${encodeURIComponent(returnTo)}`;
}

/** A person gets the page with the error's code; a program gets the error. */
async function orPage<C extends Call>(call: C, work: (call: C) => Promise<undefined>): Promise<undefined> {
  try {
    return await work(call);
  } catch (thrown) {
    const error = toWitanError(thrown);
    const isPerson = call.request.headers.accept?.includes('text/html') === true;
    if (!isPerson || ERROR_CODES[error.code].httpStatus === 500) throw error;
    const { flow, isSecure } = call.cookies;
    call.reply
      .header('cache-control', 'no-store')
      .header('set-cookie', setCookie(flow, '', { isSecure, lifeMs: 0 }));
    return redirect(call, `${PAGE}#error=${error.code}`);
  }
}

function redirect(call: Call, location: string): undefined {
  call.reply.code(303).header('location', location);
  call.reply.give('', 'text/plain; charset=utf-8');
  return undefined;
}

/** Hands a session to the browser; every way in ends here. */
function given(call: Call, { token, lifeMs, view }: NewSession): SessionView {
  const { session, csrf, flow, isSecure } = call.cookies;
  call.reply
    .header('cache-control', 'no-store')
    .header('set-cookie', setCookie(session, token, { isSecure, lifeMs }))
    .header('set-cookie', setCookie(csrf, csrfTokenOf(token), { isSecure, lifeMs, isReadable: true }))
    .header('set-cookie', setCookie(flow, '', { isSecure, lifeMs: 0 }));
  return view;
}

function takeCookies({ reply, cookies: { session, csrf, isSecure } }: Call): void {
  reply
    .header('set-cookie', setCookie(session, '', { isSecure, lifeMs: 0 }))
    .header('set-cookie', setCookie(csrf, '', { isSecure, lifeMs: 0, isReadable: true }));
}

function callerOf({ credentials: { remoteAddress, sessionToken }, origin }: Call): SignInCaller {
  return { remoteAddress, sessionToken, origin };
}

function portOf({ backend }: Call): SignInPort {
  if (backend.signIn) return backend.signIn;
  throw new WitanError('not_supported', 'nobody signs in at this node', {
    expected: 'signIn.providers or signIn.localUsers',
  });
}
