/** Settings of people who sign in with a browser: providers, sessions, second factor, local users. */
import { z } from 'zod';
import { isSafeUrl, TenantName } from './identity.ts';

const RoleName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const Word = z.string().min(1).max(200);
const claim = (name: string): z.ZodDefault<z.ZodString> => Word.default(name);
const safeUrl = z.string().max(2_000).refine(isSafeUrl, 'an https address, or http on this machine');

/** An OpenID provider, and what its claims mean here (IAM-04). */
export const OidcProvider = z.strictObject({
  /** Short name; part of the ids of its users. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/)
    .refine((name) => name !== 'local', 'a name other than local'),
  /** What the page calls it; absent: its name. */
  title: z.string().min(1).max(80).optional(),
  /** Its issuer identifier; its configuration is read from there. */
  issuer: safeUrl,
  clientId: Word,
  /** File with the client secret; empty: a public client, which PKCE alone protects. */
  clientSecretFile: z.string().max(4_096).default(''),
  clientAuth: z.enum(['basic', 'post']).default('basic'),
  scopes: z.array(Word).max(40).default(['openid', 'profile', 'email']),
  /** Origins besides that of the issuer where its endpoints may be. */
  origins: z.array(safeUrl).max(20).default([]),
  /** Tenant of all its users, instead of a claim. */
  tenant: TenantName.optional(),
  /** Claim that names the tenant; a dot goes into an object. */
  tenantClaim: claim('tenant'),
  rolesClaim: claim('roles'),
  /** Role here of a role at the provider; others are none. */
  roles: z.record(z.string().max(200), RoleName).default({}),
  /** Roles of every one of its users. */
  defaultRoles: z.array(RoleName).max(20).default([]),
  nameClaim: claim('name'),
  groupsClaim: claim('groups'),
  /** Users of one of these groups alone; empty: all users. */
  allowedGroups: z.array(Word).max(1_000).default([]),
  /** Users with a verified address at one of these domains alone; empty: all users. */
  allowedEmailDomains: z
    .array(z.string().regex(/^[a-z0-9.-]{1,253}$/))
    .max(1_000)
    .default([]),
  /** Methods of the claim amr that count as a second factor done at the provider (RFC 8176). */
  trustedAmr: z.array(Word).max(20).default([]),
});
/** See {@link OidcProvider}. */
export type OidcProvider = z.infer<typeof OidcProvider>;

const durationMs = z.int().min(1_000).max(31_536_000_000);
const count = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);

/** Section `signIn`. */
export const signIn = z.strictObject({
  publicUrl: z
    .union([z.literal(''), safeUrl])
    .default('')
    .describe('Origin at which browsers reach this node (https://witan.example); empty: as they ask for it.'),
  providers: z
    .array(OidcProvider)
    .max(20)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names that differ')
    .default([])
    .describe('OpenID providers that people sign in with (IAM-04); empty: none.'),
  localUsers: z
    .boolean()
    .default(false)
    .describe('Whether this node keeps users with passwords itself (IAM-14).'),
  sealKeyFile: z
    .string()
    .max(4_096)
    .default('')
    .describe(
      'File with 64 hex digits that seal what store.databaseUrl keeps of users; the same on all its nodes. ' +
        'Empty: a key of this node’s own.',
    ),
  mfaRoles: z
    .array(RoleName)
    .max(40)
    .default(['administrator', 'operator'])
    .describe('Roles that need a second factor (IAM-06).'),
  idleMs: durationMs.default(1_800_000).describe('Time without a call after which a session ends (IAM-12).'),
  absoluteMs: durationMs
    .default(43_200_000)
    .describe('Time after which a session ends in any case (IAM-12).'),
  sessionMaxCount: count(1, 1_000_000).default(10_000).describe('Sessions at once; one more is refused.'),
  userSessionMaxCount: count(1, 1_000)
    .default(10)
    .describe('Sessions of one user at once; one more ends the oldest.'),
  flowMs: durationMs.default(600_000).describe('Time in which a sign-in that was begun has to end.'),
  recheckMs: z
    .int()
    .min(0)
    .max(31_536_000_000)
    .default(300_000)
    .describe('How often the provider is asked whether a user still may (IAM-13); 0: never.'),
  recheckGraceMs: durationMs
    .default(900_000)
    .describe('Time beyond it in which a provider that does not answer ends no session.'),
  providerTimeoutMs: durationMs.default(10_000).describe('Longest wait for one answer of a provider.'),
  clockToleranceMs: z
    .int()
    .min(0)
    .max(300_000)
    .default(30_000)
    .describe('Difference to the clock of a provider that is allowed for.'),
  attemptMaxCount: count(1, 1_000).default(5).describe('Wrong passwords or codes within the window.'),
  attemptWindowMs: durationMs.default(300_000).describe('Window of wrong passwords and codes.'),
  lockMs: durationMs.default(900_000).describe('Time for which too many of them lock a user out.'),
  passwordCostLn: count(14, 20)
    .default(17)
    .describe('Cost of a password hash: scrypt with N = 2^this, r = 8, p = 1 (17: 128 MiB).'),
  passwordMinLength: count(8, 128).default(12).describe('Shortest password, in characters.'),
  setUpMs: durationMs.default(86_400_000).describe('Life of the link with which a user sets a password.'),
  userMaxCount: count(1, 10_000_000).default(100_000).describe('Users that are known at once.'),
});
