/** What was decided, for reading: derived from the log and rebuilt from it (COU-27, COU-28). */
import type { Migration } from './migration.ts';

/** See {@link Migration}. */
export const decisionIndex: Migration = {
  version: 2,
  name: 'decision-index',
  sql: `
CREATE TABLE decisions (
  decision_id text PRIMARY KEY,
  tenant text NOT NULL,
  type text NOT NULL,
  decision_digest text NOT NULL,
  fingerprint text NOT NULL,
  submitted_by text NOT NULL,
  opened_index bigint NOT NULL UNIQUE,
  opened_at timestamptz NOT NULL,
  deadline_ms double precision NOT NULL,
  retry_of text,
  outcome text,
  held_reason text,
  decided_by text,
  risk text,
  value_bp integer,
  resolved boolean NOT NULL DEFAULT false,
  final_index bigint UNIQUE,
  decided_at timestamptz
);
CREATE INDEX decisions_of_tenant ON decisions (tenant, opened_index DESC);
CREATE INDEX decisions_open ON decisions (opened_index) WHERE final_index IS NULL;
CREATE INDEX decisions_for_review ON decisions (opened_index DESC) WHERE outcome = 'held' AND NOT resolved;

CREATE TABLE agent_evaluations (
  final_index bigint NOT NULL,
  place integer NOT NULL,
  decision_id text NOT NULL REFERENCES decisions,
  tenant text NOT NULL,
  seat text NOT NULL,
  decision_type text NOT NULL,
  decided_at timestamptz NOT NULL,
  round integer NOT NULL,
  vote text NOT NULL,
  score_bp integer,
  confidence_bp integer,
  veto text,
  codes text[] NOT NULL,
  outcome text NOT NULL,
  PRIMARY KEY (final_index, place)
);
COMMENT ON COLUMN agent_evaluations.place IS 'Position among the evaluations of one final entry';
CREATE INDEX agent_evaluations_of_seat ON agent_evaluations (seat, final_index DESC, place DESC);
CREATE INDEX agent_evaluations_of_tenant ON agent_evaluations (tenant, seat, final_index DESC, place DESC);

CREATE TABLE index_position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  log_id text,
  position bigint NOT NULL,
  chain_hash text
);
COMMENT ON TABLE index_position IS
  'Entries of the log that are applied, and the chain hash of the last of them';
INSERT INTO index_position (position) VALUES (0);
`,
};
