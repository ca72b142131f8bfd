/** The trail, for searching: every entry of the log, and the data that decisions used (ACC-10, ACC-13). */
import type { Migration } from './migration.ts';

/**
 * See {@link Migration}. The position goes back to 0: entries that were applied before have no rows here, and
 * applying an entry again changes nothing. The rows that are there stay readable until it is done.
 */
export const auditTrail: Migration = {
  version: 7,
  name: 'audit-trail',
  sql: `
CREATE TABLE audit_entries (
  log_index bigint PRIMARY KEY,
  tenant text NOT NULL,
  at timestamptz NOT NULL,
  category text NOT NULL,
  action_type text NOT NULL,
  actor text NOT NULL,
  system_id text,
  decision_id text,
  words text NOT NULL
);
CREATE INDEX audit_entries_of_tenant ON audit_entries (tenant, log_index DESC);
CREATE INDEX audit_entries_of_decision ON audit_entries (decision_id, log_index DESC)
  WHERE decision_id IS NOT NULL;

CREATE TABLE audit_data (
  log_index bigint NOT NULL,
  place integer NOT NULL,
  digest text NOT NULL,
  tenant text NOT NULL,
  decision_id text NOT NULL,
  role text NOT NULL,
  name text,
  media_type text,
  PRIMARY KEY (log_index, place)
);
COMMENT ON COLUMN audit_data.place IS 'Position among the data of one decision';
CREATE INDEX audit_data_of_digest ON audit_data (digest, log_index DESC, place DESC);
CREATE INDEX audit_data_of_decision ON audit_data (decision_id, place);

ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_entries_of_tenant ON audit_entries
  USING (current_setting('witan.tenant', true) = '*'
    OR tenant = ANY (string_to_array(current_setting('witan.tenant', true), ',')))
  WITH CHECK (current_setting('witan.tenant', true) = '*');

ALTER TABLE audit_data ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_data FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_data_of_tenant ON audit_data
  USING (current_setting('witan.tenant', true) IN (tenant, '*'))
  WITH CHECK (current_setting('witan.tenant', true) = '*');

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'witan_rows') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON audit_entries, audit_data TO witan_rows;
  END IF;
END $$;

DROP FUNCTION apply_to_index(bigint, integer, text, json, json, json, text[]);
CREATE FUNCTION apply_to_index(from_position bigint, entry_count integer, last_chain_hash text, opened json,
  finals json, evaluations json, resolved_ids text[], trail json, data json)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  stands_at bigint;
BEGIN
  SELECT position INTO STRICT stands_at FROM index_position FOR UPDATE;
  IF stands_at <> from_position THEN
    RETURN stands_at;
  END IF;
  PERFORM set_config('witan.tenant', '*', true);
  INSERT INTO decisions (decision_id, tenant, type, decision_digest, fingerprint, submitted_by,
    opened_index, opened_at, deadline_ms, retry_of)
  SELECT * FROM json_to_recordset(opened) AS new_row (decision_id text, tenant text, type text,
    decision_digest text, fingerprint text, submitted_by text,
    opened_index bigint, opened_at timestamptz, deadline_ms double precision, retry_of text)
  ON CONFLICT DO NOTHING;
  UPDATE decisions
  SET outcome = new_row.outcome, held_reason = new_row.held_reason, decided_by = new_row.decided_by,
    risk = new_row.risk, value_bp = new_row.value_bp, final_index = new_row.final_index,
    decided_at = new_row.decided_at
  FROM json_to_recordset(finals) AS new_row (decision_id text, outcome text, held_reason text,
    decided_by text, risk text, value_bp integer, final_index bigint, decided_at timestamptz)
  WHERE decisions.decision_id = new_row.decision_id;
  INSERT INTO agent_evaluations (final_index, place, decision_id, tenant, seat, decision_type,
    decided_at, round, vote, score_bp, confidence_bp, veto, codes, outcome)
  SELECT new_row.final_index, new_row.place, new_row.decision_id, new_row.tenant, new_row.seat,
    decisions.type, new_row.decided_at, new_row.round, new_row.vote, new_row.score_bp,
    new_row.confidence_bp, new_row.veto, new_row.codes, new_row.outcome
  FROM json_to_recordset(evaluations) AS new_row (final_index bigint, place integer,
    decision_id text, tenant text, seat text, decided_at timestamptz, round integer, vote text,
    score_bp integer, confidence_bp integer, veto text, codes text[], outcome text)
  JOIN decisions ON decisions.decision_id = new_row.decision_id
  ON CONFLICT DO NOTHING;
  UPDATE decisions SET resolved = true WHERE decision_id = ANY (resolved_ids);
  INSERT INTO audit_entries (log_index, tenant, at, category, action_type, actor, system_id, decision_id,
    words)
  SELECT * FROM json_to_recordset(trail) AS new_row (log_index bigint, tenant text, at timestamptz,
    category text, action_type text, actor text, system_id text, decision_id text, words text)
  ON CONFLICT DO NOTHING;
  INSERT INTO audit_data (log_index, place, digest, tenant, decision_id, role, name, media_type)
  SELECT * FROM json_to_recordset(data) AS new_row (log_index bigint, place integer, digest text,
    tenant text, decision_id text, role text, name text, media_type text)
  ON CONFLICT DO NOTHING;
  UPDATE index_position SET position = from_position + entry_count, chain_hash = last_chain_hash;
  RETURN from_position + entry_count;
END $$;
UPDATE index_position SET position = 0, chain_hash = NULL;
`,
};
