/** Port: people who sign in with a browser. The HTTP door speaks it; cookies are the door's own matter. */
import type {
  FactorSecret,
  PasswordSetUp,
  PasswordSignIn,
  SessionView,
  UserRequest,
  UserSetUp,
  UserView,
} from '../../../../contracts/messages/identity/sign-in.ts';
import type { Principal } from '../identity.ts';

/** From where a person signs in. */
export interface SignInCaller {
  /** As the door knows it; undefined: nobody trustworthy names one. */
  readonly remoteAddress: string | undefined;
  /** Origin at which the browser reached the node. */
  readonly origin: string;
  /** Secret of the session that the browser has. */
  readonly sessionToken: string | undefined;
}

/** A session that has just begun or changed: its secret leaves here and is kept nowhere. */
export interface NewSession {
  /** 256 random bits, base64url. */
  readonly token: string;
  /** Time until it ends in any case. */
  readonly lifeMs: number;
  readonly view: SessionView;
}

/** A sign-in at a provider that was begun. */
export interface BegunFlow {
  /** Address of the provider's page. */
  readonly location: string;
  /** What the browser must bring back, sealed. */
  readonly sealed: string;
  readonly lifeMs: number;
}

/** What came back from the provider, by way of the browser. */
export interface FlowAnswer {
  readonly query: Readonly<Record<string, string>>;
  readonly sealed: string | undefined;
}

/** Administration of users; the gate has checked the scopes of the principal before. */
export interface UsersPort {
  /** Users of the principal's tenant; of every tenant for the node's own administrators. */
  list(principal: Principal): Promise<UserView[]>;
  /** @throws already_exists, permission_denied, invalid_argument, not_supported, storage_failed */
  create(request: UserRequest, principal: Principal): Promise<UserSetUp>;
  /** @throws not_found, permission_denied, storage_failed */
  disable(id: string, isDisabled: boolean, principal: Principal): Promise<UserView>;
  /** @throws not_found, permission_denied, conflict (not a local user), storage_failed */
  newSetUp(id: string, principal: Principal): Promise<UserSetUp>;
  /** @throws not_found, permission_denied, storage_failed */
  resetFactor(id: string, principal: Principal): Promise<UserView>;
}

/**
 * Sessions of people. A session is refused from the moment at which it ends.
 *
 * Everything that can fail on the caller's side fails as `unauthenticated`, `permission_denied` or
 * `rate_limited`; on the provider's as `unavailable` or `deadline_exceeded`.
 */
export interface SignInPort {
  readonly users: UsersPort;
  /** @throws not_found (provider), invalid_argument (`returnTo` is no path of this node), unavailable */
  begin(
    request: { readonly provider: string | undefined; readonly returnTo: string | undefined },
    caller: SignInCaller,
  ): Promise<BegunFlow>;
  /** @throws unauthenticated, permission_denied, unavailable, overloaded */
  finish(answer: FlowAnswer, caller: SignInCaller): Promise<{ session: NewSession; returnTo: string }>;
  /** @throws unauthenticated (alike for wrong names and wrong passwords), rate_limited, not_supported */
  signIn(request: PasswordSignIn, caller: SignInCaller): Promise<NewSession>;
  /** Sets a password and ends the token. @throws unauthenticated, rate_limited, invalid_argument */
  setUp(request: PasswordSetUp, caller: SignInCaller): Promise<NewSession>;
  /** Never throws for a session that has ended: its view is `signed-out`. */
  view(caller: SignInCaller): Promise<SessionView>;
  /** Shows the second factor; the session gets another secret. @throws unauthenticated, rate_limited */
  showFactor(code: string, caller: SignInCaller): Promise<NewSession>;
  /** Makes a secret; it holds once a code of it was shown. @throws unauthenticated, conflict */
  enrolFactor(caller: SignInCaller): Promise<FactorSecret>;
  /** @throws unauthenticated, conflict, rate_limited */
  confirmFactor(
    code: string,
    caller: SignInCaller,
  ): Promise<{ session: NewSession; recoveryCodes: string[] }>;
  /** Ends one session, or all of its user; gives the provider's page that ends its own. */
  signOut(everywhere: boolean, caller: SignInCaller): Promise<{ location: string | null }>;
}
