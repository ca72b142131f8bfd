/** Users and sessions that nodes share (IAM-12, IAM-14). */
import type { Migration } from './migration.ts';

/** See {@link Migration}. Hashes, digests and sealed text alone; the key that seals never comes here. */
export const signIn: Migration = {
  version: 6,
  name: 'sign-in',
  sql: `
CREATE TABLE users (
  id text COLLATE "C" PRIMARY KEY,
  tenant text NOT NULL,
  roles text[] NOT NULL,
  created_at_wall_ms bigint NOT NULL,
  disabled_at_wall_ms bigint,
  password_hash text,
  set_up_digest text CHECK (set_up_digest ~ '^[0-9a-f]{64}$'),
  set_up_ends_at_wall_ms bigint,
  factor json,
  revision bigint NOT NULL CHECK (revision >= 0),
  CHECK ((set_up_digest IS NULL) = (set_up_ends_at_wall_ms IS NULL))
);
COMMENT ON COLUMN users.factor IS
  'Second factor: sealed secret, last time step taken, hashes of recovery codes';
CREATE INDEX users_in_set_up ON users (set_up_digest) WHERE set_up_digest IS NOT NULL;

CREATE TABLE sign_in_sessions (
  digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
  user_id text COLLATE "C" NOT NULL,
  tenant text NOT NULL,
  scopes text[] NOT NULL,
  factor text NOT NULL,
  began_at_wall_ms bigint NOT NULL,
  ends_at_wall_ms bigint NOT NULL,
  seen_at_wall_ms bigint NOT NULL,
  checked_at_wall_ms bigint NOT NULL,
  sealed text NOT NULL,
  check_claimed_at timestamptz
);
COMMENT ON COLUMN sign_in_sessions.digest IS
  'SHA-256 of the secret, which holds 256 random bits: it needs no salt';
COMMENT ON COLUMN sign_in_sessions.check_claimed_at IS
  'When a node took it on itself to ask the provider: a refresh token works once';
CREATE INDEX sign_in_sessions_of_user ON sign_in_sessions (user_id, began_at_wall_ms);

CREATE TABLE seal_key_print (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  print text NOT NULL
);
COMMENT ON TABLE seal_key_print IS 'Tells whether a node has the key of the others, and not what it is';
`,
};
