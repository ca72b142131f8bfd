/** Every step of the schema in order: append only. */
import { journal } from './0001-journal.ts';
import { decisionIndex } from './0002-decision-index.ts';
import { tenantRows } from './0003-tenant-rows.ts';
import { applyToIndex } from './0004-apply-to-index.ts';
import { identity } from './0005-identity.ts';
import { signIn } from './0006-sign-in.ts';
import { auditTrail } from './0007-audit-trail.ts';
import type { Migration } from './migration.ts';

/** A test holds the checksum of each released step. */
export const MIGRATIONS: readonly Migration[] = [
  journal,
  decisionIndex,
  tenantRows,
  applyToIndex,
  identity,
  signIn,
  auditTrail,
];
