/**
 * Applies a batch of entries in one statement: the index is fed after every decision, and each round trip
 * counts.
 */
import type { Migration } from './migration.ts';

/**
 * See {@link Migration}. Gives the position after the batch, or, when the index does not stand where the
 * caller thinks, the position where it stands, having changed nothing. Sees every tenant until the
 * transaction ends. The first `opened` of a decision wins, as in the log.
 */
export const applyToIndex: Migration = {
  version: 4,
  name: 'apply-to-index',
  sql: `
CREATE FUNCTION apply_to_index(from_position bigint, entry_count integer, last_chain_hash text, opened json,
  finals json, evaluations json, resolved_ids text[])
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
  JOIN decisions ON decisions.decision_id = new_row.decision_id;
  UPDATE decisions SET resolved = true WHERE decision_id = ANY (resolved_ids);
  UPDATE index_position SET position = from_position + entry_count, chain_hash = last_chain_hash;
  RETURN from_position + entry_count;
END $$;
`,
};
