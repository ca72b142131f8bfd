/** Signing in with a browser, as the HTTP door shows and takes it. */
import { z } from 'zod';

const Time = z.iso.datetime();
const Words = z.array(z.string().min(1).max(80)).max(40);

/** Name of a local user. */
export const UserName = z.string().regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/);
/** Id of a user: where they come from and who they are there. */
export const UserId = z.string().regex(/^user:[a-z][a-z0-9-]{0,39}\/[^\s]{1,200}$/);
const Password = z.string().min(1).max(256);
const Code = z.string().min(6).max(32);

/** Who is signed in, and how one can sign in. */
export const SessionView = z.strictObject({
  /** `second-factor`: signed in, and nothing is allowed before the second factor is shown or set up. */
  state: z.enum(['signed-out', 'second-factor', 'signed-in']),
  user: z
    .strictObject({
      id: z.string(),
      name: z.string(),
      tenant: z.string(),
      provider: z.string(),
      scopes: z.array(z.string()),
      hasSecondFactor: z.boolean(),
    })
    .nullable(),
  /** When the session ends in any case. */
  endsAt: Time.nullable(),
  /** Time without a call after which it ends, ms. */
  idleMs: z.int(),
  providers: z.array(z.strictObject({ name: z.string(), title: z.string() })),
  hasLocalUsers: z.boolean(),
});
/** See {@link SessionView}. */
export type SessionView = z.infer<typeof SessionView>;

/** A local user with a password. */
export const PasswordSignIn = z.strictObject({ name: z.string().min(1).max(200), password: Password });
/** See {@link PasswordSignIn}. */
export type PasswordSignIn = z.infer<typeof PasswordSignIn>;

/** A password set with the token of a link. */
export const PasswordSetUp = z.strictObject({ token: z.string().min(1).max(200), password: Password });
/** See {@link PasswordSetUp}. */
export type PasswordSetUp = z.infer<typeof PasswordSetUp>;

/** A code of the authenticator, or a recovery code. */
export const FactorCode = z.strictObject({ code: Code });
/** See {@link FactorCode}. */
export type FactorCode = z.infer<typeof FactorCode>;

/** A new secret of an authenticator, shown once. */
export const FactorSecret = z.strictObject({
  /** Base 32. */
  secret: z.string(),
  /** `otpauth://totp/…`, as authenticators read it. */
  uri: z.string(),
});
/** See {@link FactorSecret}. */
export type FactorSecret = z.infer<typeof FactorSecret>;

/** Codes that each replace the authenticator once, shown once. */
export const RecoveryCodes = z.strictObject({ session: SessionView, recoveryCodes: z.array(z.string()) });
/** See {@link RecoveryCodes}. */
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

/** How a person signs out. */
export const SignOut = z.strictObject({
  /** Ends every session of the user, not this one alone. */
  everywhere: z.boolean().optional(),
});
/** See {@link SignOut}. */
export type SignOut = z.infer<typeof SignOut>;

/** A person was signed out; `location` is where the provider signs them out as well. */
export const SignedOut = z.strictObject({ location: z.string().nullable() });
/** See {@link SignedOut}. */
export type SignedOut = z.infer<typeof SignedOut>;

/** A user without their secrets. */
export const UserView = z.strictObject({
  id: z.string(),
  tenant: z.string(),
  provider: z.string(),
  roles: z.array(z.string()),
  state: z.enum(['active', 'set-up', 'disabled']),
  hasSecondFactor: z.boolean(),
  createdAt: Time,
  sessionCount: z.int(),
});
/** See {@link UserView}. */
export type UserView = z.infer<typeof UserView>;

/** What a new local user is to be. */
export const UserRequest = z.strictObject({
  name: UserName,
  /** Absent: the caller's own. */
  tenant: z.string().min(1).max(64).optional(),
  roles: Words.min(1),
});
/** See {@link UserRequest}. */
export type UserRequest = z.infer<typeof UserRequest>;

/** A user with the token that sets their password, shown once. */
export const UserSetUp = UserView.extend({
  token: z.string(),
  /** The page with the token, below the origin of the node. */
  path: z.string(),
  endsAt: Time,
});
/** See {@link UserSetUp}. */
export type UserSetUp = z.infer<typeof UserSetUp>;

/** Whether a user is kept out. */
export const UserDisabling = z.strictObject({ isDisabled: z.boolean() });
/** See {@link UserDisabling}. */
export type UserDisabling = z.infer<typeof UserDisabling>;
