/** Settings of who may call: keys, tokens, certificates, roles, rules, tenants. */
import { z } from 'zod';
import { Digest } from '../../contracts/messages/ids.ts';
import { OPERATIONS, SCOPES } from '../../contracts/operations.ts';
import type { OperationName, Scope } from '../../contracts/operations.ts';
import { parseNetwork } from '../network.ts';

/** Names of tenants: they stand in subjects, keys and rows. */
export const TenantName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);

/** What each role may do unless `identity.roles` says otherwise (IAM-08). */
export const ROLE_SCOPES: Readonly<Record<string, readonly Scope[]>> = {
  reader: ['decision:read'],
  submitter: ['decision:submit', 'decision:read'],
  enforcer: ['policy:evaluate'],
  recorder: ['audit:append'],
  reviewer: ['decision:read', 'review:resolve'],
  auditor: ['decision:read', 'audit:read', 'accountability:investigate'],
  publisher: ['content:register', 'content:read'],
  certifier: ['content:read', 'content:certify'],
  'privacy-officer': ['privacy:erase', 'privacy:export'],
  counsel: ['privacy:hold'],
  operator: ['decision:read', 'operator:read', 'operator:act', 'log:read'],
  administrator: [...SCOPES],
  agent: ['agent:serve', 'decision:read'],
};

const RoleName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const Names = z.array(z.string().min(1).max(200)).max(100);
const Holder = {
  id: z.string().min(1).max(200),
  tenant: TenantName,
  scopes: z.array(z.string().max(80)).max(40).default([]),
  roles: z.array(RoleName).max(20).default([]),
};

const Minute = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time as HH:MM, UTC');

/** A rule on what a call is like (IAM-10): all its conditions must hold; one that is absent always holds. */
export const AttributeRule = z.strictObject({
  id: z.string().min(1).max(100),
  effect: z.enum(['allow', 'deny']),
  operations: z
    .array(z.enum(Object.keys(OPERATIONS) as [OperationName, ...OperationName[]]))
    .max(100)
    .optional(),
  principals: Names.optional(),
  tenants: Names.optional(),
  decisionTypes: Names.optional(),
  networks: z
    .array(z.string().refine((text) => parseNetwork(text) !== undefined, 'a network as 10.0.0.0/8'))
    .max(1_000)
    .optional(),
  /** Monday is 1, Sunday 7; UTC. */
  days: z.array(z.int().min(1).max(7)).max(7).optional(),
  /** From this minute up to and without that one; past midnight where `to` is the earlier. */
  hours: z.strictObject({ from: Minute, to: Minute }).optional(),
});
/** See {@link AttributeRule}. */
export type AttributeRule = z.infer<typeof AttributeRule>;

/** Where tokens come from, and what their claims mean here (IAM-01, IAM-02). */
export const TokenIssuer = z
  .strictObject({
    /** Short name; part of the ids of its users. */
    name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
    /** Claim `iss`, letter for letter. */
    issuer: z.string().min(1).max(500),
    audience: z.string().min(1).max(500).default('nethical-api'),
    /** Address of the key set; absent where `keys` has them. */
    keysUrl: z.string().max(2_000).refine(isSafeUrl, 'an https address, or http on this machine').optional(),
    /** Public keys as JSON Web Keys. */
    keys: z.array(z.record(z.string(), z.json())).max(100).optional(),
    /** Claim that names the tenant; a dot goes into an object. */
    tenantClaim: z.string().min(1).max(200).default('tenant'),
    /** Tenant of all its users, instead of a claim. */
    tenant: TenantName.optional(),
    scopesClaim: z.string().min(1).max(200).default('scope'),
    rolesClaim: z.string().min(1).max(200).default('roles'),
    /** What a scope of the token allows here; others allow nothing. */
    scopes: z
      .record(z.string().max(200), z.array(z.enum(SCOPES)))
      .default({ 'nethical:read': ['decision:read'], 'nethical:write': ['decision:submit'] }),
    /** Role here of a role in the token; others are none. */
    roles: z.record(z.string().max(200), RoleName).default({}),
  })
  .refine(
    ({ keys, keysUrl }) => (keys === undefined) !== (keysUrl === undefined),
    'keysUrl or keys, and not both',
  );

/** See {@link TokenIssuer}. */
export type TokenIssuer = z.infer<typeof TokenIssuer>;

/**
 * Whether an address is https, or http on this machine: what came over an open line would be believed
 * whoever sits on it.
 */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (
    protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
  );
}

const durationMs = z.int().min(1).max(31_536_000_000);

/** Section `identity`. */
export const identity = z.strictObject({
  localTenant: TenantName.default('local').describe(
    'Tenant of loopback callers and of the embedding host; its administrators make keys for any tenant.',
  ),
  trustLoopback: z
    .boolean()
    .default(true)
    .describe('Whether a caller on this machine without credentials is the local administrator.'),
  apiKeys: z
    .array(z.strictObject({ digest: Digest, ...Holder }))
    .max(10_000)
    .default([])
    .describe('SHA-256 of each API key and whom it stands for; beside the keys that the node keeps itself.'),
  certificates: z
    .array(z.strictObject({ digest: Digest, ...Holder }))
    .max(10_000)
    .default([])
    .describe('SHA-256 of each client certificate (DER) and whom it stands for (IAM-03).'),
  issuers: z
    .array(TokenIssuer)
    .max(20)
    .default([])
    .describe('Issuers of JSON Web Tokens that are accepted, RS256 and ES256 alone.'),
  roles: z
    .record(RoleName, z.array(z.enum(SCOPES)))
    .default(Object.fromEntries(Object.entries(ROLE_SCOPES).map(([role, scopes]) => [role, [...scopes]])))
    .describe('Scopes of each role (IAM-08).'),
  rules: z
    .array(AttributeRule)
    .max(1_000)
    .default([])
    .describe('Rules on attributes of a call; any rule that denies wins (IAM-10).'),
  ruleDefault: z
    .enum(['allow', 'deny'])
    .default('allow')
    .describe('What holds for a call that no rule of identity.rules matches.'),
  keyLifeDays: z.int().min(1).max(3_650).default(90).describe('Life of a new API key that names none.'),
  keyGraceMs: durationMs
    .default(86_400_000)
    .describe('Time in which a rotated API key still works beside its successor.'),
  tokenLeewayMs: z
    .int()
    .min(0)
    .max(300_000)
    .default(30_000)
    .describe('Difference of clocks that exp and nbf of a token allow for.'),
  tokenMaxBytes: z
    .int()
    .min(256)
    .max(65_536)
    .default(8_192)
    .describe('Longest credential that is looked at.'),
  keySetMaxAgeMs: durationMs.default(600_000).describe('Age at which the keys of an issuer are read again.'),
  keySetCooldownMs: durationMs
    .default(30_000)
    .describe('Least time between two reads of an issuer’s keys for a key that is not known.'),
  cacheMaxCount: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Verified tokens that are remembered.'),
  refreshMs: durationMs
    .default(5_000)
    .describe('How often keys that another node changed in a shared database are read.'),
});
