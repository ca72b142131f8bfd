/** Everything that the record holds on a person, in a form that machines read (PRV-06). */
import { z } from 'zod';
import { DecisionId, Digest } from '../ids.ts';
import { DeletionCertificate } from './deletion-certificate.ts';
import { ErasureView } from './erasure.ts';

/** Most records on one page. */
export const EXPORT_PAGE_MAX_COUNT = 100;

/** Body of `POST /api/v1/privacy/export`: in a body, because addresses are written to logs. */
export const SubjectExportRequest = z.strictObject({
  /** The person, as `subjects` of decisions and events names them. */
  subject: z.string().min(1).max(200),
  /** Of the page before. */
  cursor: z
    .string()
    .regex(/^\d{1,15}\.\d{1,15}$/, 'the nextCursor of a page')
    .optional(),
  /** Records on a page at most. */
  limit: z.int().min(1).max(EXPORT_PAGE_MAX_COUNT).default(50),
});
/** See {@link SubjectExportRequest}. */
export type SubjectExportRequest = z.input<typeof SubjectExportRequest>;

/** One entry of the log, with where it comes from. */
export const ExportedEntry = z.strictObject({
  /** Position in the log. */
  index: z.int().min(0),
  at: z.iso.datetime(),
  kind: z.string().max(40),
  leafHash: Digest,
  /** Path of the node's endpoint that gives the proof of this entry. */
  proof: z.string().max(200),
  /** Payload as it was said, what was sealed opened; null: erased. */
  content: z.json().nullable(),
});
/** See {@link ExportedEntry}. */
export type ExportedEntry = z.infer<typeof ExportedEntry>;

/** What was done to a person's keys, and where it stands on the record. */
const ExportedErasure = z.strictObject({
  erasureId: ErasureView.shape.erasureId,
  recordedAt: z.int().min(0),
  certificate: DeletionCertificate,
});

/** A decision with all of its entries, or one other entry that concerns the person. */
export const ExportedRecord = z.strictObject({
  /** `privacy`: what was done with the person's data: erasures, holds, exports. */
  type: z.enum(['decision', 'event', 'privacy']),
  decisionId: DecisionId.nullable(),
  /** `open`: was sealed and is opened here. `plain`: stands plain on the record. */
  state: z.enum(['open', 'plain', 'erased']),
  /** Set for what is erased, where its certificate is known. */
  erasure: ExportedErasure.nullable(),
  entries: z.array(ExportedEntry).min(1).max(10_000),
});
/** See {@link ExportedRecord}. */
export type ExportedRecord = z.infer<typeof ExportedRecord>;

/** One page; whatever the record holds, the form is the same: also for a person whom it does not know. */
export const SubjectExport = z.strictObject({
  format: z.literal('witan-subject-export/1'),
  /** Where the schema of this form stands, below the node's address. */
  schema: z.string().max(200),
  tenant: z.string(),
  logId: z.string(),
  /** Length of the log that all pages are about. */
  logSize: z.int().min(0),
  /** Pseudonym of the person at this node. */
  subjectTag: z.string().regex(/^[0-9a-f]{64}$/),
  items: z.array(ExportedRecord).max(EXPORT_PAGE_MAX_COUNT),
  /** Null on the last page; a page before it may be empty. */
  nextCursor: z.string().nullable(),
});
/** See {@link SubjectExport}. */
export type SubjectExport = z.infer<typeof SubjectExport>;
