/** API keys that nodes share, and the credits that tenants have used (IAM-11, GWY-17). */
import type { Migration } from './migration.ts';

/** See {@link Migration}. Digests alone: a key's text never comes here (N-IAM-2). */
export const identity: Migration = {
  version: 5,
  name: 'identity',
  sql: `
CREATE TABLE api_keys (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  label text NOT NULL,
  digest text NOT NULL UNIQUE CHECK (digest ~ '^[0-9a-f]{64}$'),
  roles text[] NOT NULL,
  scopes text[] NOT NULL,
  created_at_wall_ms bigint NOT NULL,
  created_by text NOT NULL,
  expires_at_wall_ms bigint,
  revoked_at_wall_ms bigint,
  successor_of text,
  last_used_day integer
);
COMMENT ON COLUMN api_keys.digest IS 'SHA-256 of the key, which holds 256 random bits: it needs no salt';
COMMENT ON COLUMN api_keys.last_used_day IS 'Days since 1970-01-01 UTC';

CREATE TABLE tenant_credits (
  tenant text NOT NULL,
  period bigint NOT NULL,
  used bigint NOT NULL,
  PRIMARY KEY (tenant, period)
);
COMMENT ON TABLE tenant_credits IS 'Credits used in a period, the sum of all nodes';
`,
};
