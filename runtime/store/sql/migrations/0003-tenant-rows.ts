/** A transaction sees the rows of the tenant that it names, and none without naming one. */
import type { Migration } from './migration.ts';

/**
 * See {@link Migration}. Row-level security does not hold for superusers, so there is a role that such a
 * user takes for the time of a transaction; a user who may not create roles is none.
 */
export const tenantRows: Migration = {
  version: 3,
  name: 'tenant-rows',
  sql: `
ALTER TABLE decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY decisions_of_tenant ON decisions
  USING (current_setting('witan.tenant', true) IN (tenant, '*'))
  WITH CHECK (current_setting('witan.tenant', true) IN (tenant, '*'));

ALTER TABLE agent_evaluations ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_evaluations FORCE ROW LEVEL SECURITY;
CREATE POLICY agent_evaluations_of_tenant ON agent_evaluations
  USING (current_setting('witan.tenant', true) IN (tenant, '*'))
  WITH CHECK (current_setting('witan.tenant', true) IN (tenant, '*'));

DO $$
BEGIN
  CREATE ROLE witan_rows NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
  NULL;
END $$;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'witan_rows') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO witan_rows', current_schema());
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON decisions, agent_evaluations TO witan_rows;
    GRANT SELECT, UPDATE ON index_position TO witan_rows;
  END IF;
END $$;
`,
};
