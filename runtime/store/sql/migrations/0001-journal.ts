/** Events and snapshots of durable actors. */
import type { Migration } from './migration.ts';

/** See {@link Migration}. */
export const journal: Migration = {
  version: 1,
  name: 'journal',
  sql: `
CREATE TABLE journal_heads (
  tenant text NOT NULL,
  key text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  generation bigint NOT NULL,
  PRIMARY KEY (tenant, key)
);
COMMENT ON TABLE journal_heads IS 'Where each journal stands: last sequence and highest generation seen';

CREATE TABLE journal_events (
  tenant text NOT NULL,
  key text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL CHECK (sequence > 0),
  type text NOT NULL,
  schema_version integer NOT NULL,
  payload json NOT NULL,
  at_wall_ms bigint NOT NULL,
  PRIMARY KEY (tenant, key, sequence)
);
COMMENT ON COLUMN journal_events.payload IS
  'json, not jsonb: kept as written, and text may hold any character';

CREATE TABLE journal_snapshots (
  tenant text NOT NULL,
  key text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  schema_version integer NOT NULL,
  state json NOT NULL,
  PRIMARY KEY (tenant, key)
);
`,
};
