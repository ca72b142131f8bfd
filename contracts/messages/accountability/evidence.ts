/** Evidence that leaves the node: files, their hashes, and one signature over all (ACC-07). */
import { z } from 'zod';
import { AuditSignature } from '../audit/entry.ts';
import { InvestigationId } from './investigation.ts';

/** Version of the form. */
export const EVIDENCE_FORMAT = 'witan-evidence/1';

/** Name of a file within a package: no folder can be left with it. */
export const EvidencePath = z
  .string()
  .max(200)
  .regex(/^(?:[a-z0-9][a-z0-9._-]*\/)*[a-z0-9][a-z0-9._-]*$/, 'a relative path of plain names');

/** One file as the manifest names it. */
export const EvidenceFile = z.strictObject({
  path: EvidencePath,
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What it is (`witan-decision-proof/1`). */
  format: z.string().max(60),
});
/** See {@link EvidenceFile}. */
export type EvidenceFile = z.infer<typeof EvidenceFile>;

/** What the signature covers. */
export const EvidenceManifestBody = z.strictObject({
  format: z.literal('witan-evidence-manifest/1'),
  investigation: InvestigationId,
  log: z.string(),
  size: z.int().min(1),
  made_at: z.iso.datetime(),
  made_by: z.string(),
  /** Sorted by path. */
  files: z.array(EvidenceFile).max(20_000),
});
/** See {@link EvidenceManifestBody}. */
export type EvidenceManifestBody = z.infer<typeof EvidenceManifestBody>;

/** Manifest with its signature by the log's key. */
export const EvidenceManifest = EvidenceManifestBody.extend({ signature: AuditSignature });
/** See {@link EvidenceManifest}. */
export type EvidenceManifest = z.infer<typeof EvidenceManifest>;

/** The whole package in one JSON text; as a folder the same files lie beside `manifest.json`. */
export const EvidencePackage = z.strictObject({
  format: z.literal(EVIDENCE_FORMAT),
  manifest: EvidenceManifest,
  /** Text of each file. */
  files: z.record(EvidencePath, z.string()),
});
/** See {@link EvidencePackage}. */
export type EvidencePackage = z.infer<typeof EvidencePackage>;
