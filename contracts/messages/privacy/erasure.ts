/** Erasure of a person's data, and the legal holds that keep it: what doors take and the record says. */
import { z } from 'zod';
import { DeletionCertificate } from './deletion-certificate.ts';
import { DecisionId } from '../ids.ts';

const Reason = z.string().min(1).max(2_000);
const Person = z.string().min(1).max(200);
const WallTime = z.iso.datetime();

/** Whose data: a person as the tenant names them, or one decision. Exactly one of the two. */
const choice = {
  subject: Person.optional(),
  decisionId: DecisionId.optional(),
};

const isOneChoice = ({ subject, decisionId }: { subject?: unknown; decisionId?: unknown }): boolean =>
  (subject === undefined) !== (decisionId === undefined);
const ONE_CHOICE = { message: 'one of subject and decisionId', path: ['subject'] };

/** Body of `POST /api/v1/erasure/request` (PRV-14). */
export const ErasureRequest = z
  .strictObject({
    ...choice,
    reason: Reason,
    /** Who approved it, as the certificate names them; default: the caller. */
    approver: Person.optional(),
  })
  .refine(isOneChoice, ONE_CHOICE);
/** See {@link ErasureRequest}. */
export type ErasureRequest = z.infer<typeof ErasureRequest>;

/** Steps of an erasure, in their order; each is durable before the next one begins. */
export const ERASURE_STEPS = [
  'requested',
  'settling',
  'destroying',
  'scrubbing',
  'recording',
  'done',
] as const;

/** Where an erasure stands; `refused`: a legal hold stands in its way. */
export const ErasureState = z.enum([...ERASURE_STEPS, 'refused']);
/** See {@link ErasureState}. */
export type ErasureState = z.infer<typeof ErasureState>;

/** One erasure. Names no person. */
export const ErasureView = z.strictObject({
  /** `x` + 32 hex digits. */
  erasureId: z.string().regex(/^x[0-9a-f]{32}$/),
  state: ErasureState,
  /** Pseudonym of the person or decision at this node. */
  subjectTag: z.string().regex(/^[0-9a-f]{64}$/),
  reason: Reason,
  approvedBy: z.string().max(200),
  requestedAt: WallTime,
  /** Decisions whose input is gone with it; null until they are known. */
  decisionCount: z.int().min(0).nullable(),
  /** Holds that refused it. */
  holdIds: z.array(z.string().max(100)).max(1_000),
  certificate: DeletionCertificate.nullable(),
  /** Positions in the log of the entries that say so. */
  recordedAt: z.array(z.int().min(0)).max(10_000),
});
/** See {@link ErasureView}. */
export type ErasureView = z.infer<typeof ErasureView>;

/** Body of `POST /api/v1/hold`. */
export const HoldRequest = z.strictObject({ ...choice, reason: Reason }).refine(isOneChoice, ONE_CHOICE);
/** See {@link HoldRequest}. */
export type HoldRequest = z.infer<typeof HoldRequest>;

/** Body of `POST /api/v1/hold/:id/release`. */
export const HoldRelease = z.strictObject({ reason: Reason });
/** See {@link HoldRelease}. */
export type HoldRelease = z.infer<typeof HoldRelease>;

/** One legal hold. It keeps data from erasure and lets nobody read it. */
export const HoldView = z.strictObject({
  /** `h` + 32 hex digits. */
  holdId: z.string().regex(/^h[0-9a-f]{32}$/),
  subjectTag: z.string().regex(/^[0-9a-f]{64}$/),
  decisionId: DecisionId.nullable(),
  reason: Reason,
  by: z.string().max(200),
  placedAt: WallTime,
  /** Null while it stands. */
  releasedAt: WallTime.nullable(),
});
/** See {@link HoldView}. */
export type HoldView = z.infer<typeof HoldView>;

/** Answer of `GET /api/v1/hold`. */
export const HoldList = z.strictObject({ items: z.array(HoldView).max(10_000) });
/** See {@link HoldList}. */
export type HoldList = z.infer<typeof HoldList>;

/** Payload of the entry that says that data was erased: the tombstone. */
export const ErasureEntry = z.strictObject({
  format: z.literal('witan-erasure/1'),
  event: z.literal('erasure'),
  erasureId: ErasureView.shape.erasureId,
  certificate: DeletionCertificate,
  /** Positions of entries whose sealed parts say nothing any more; more of them stand in further entries. */
  entries: z.array(z.int().min(0)).max(10_000),
});
/** See {@link ErasureEntry}. */
export type ErasureEntry = z.infer<typeof ErasureEntry>;
