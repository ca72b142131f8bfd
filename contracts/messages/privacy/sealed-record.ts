/**
 * Entries of a decision as they stand on the record when its personal parts are sealed: form 2. Entries of
 * form 1, where everything is plain, stay readable and verifiable.
 *
 * What remains plain says how was decided, never about whom: numbers, codes, names of seats and evaluators.
 */
import { z } from 'zod';
import { DecisionRequest, RiskLevel } from '../decision.ts';
import { Span } from '../evidence.ts';
import { DecisionId, Digest } from '../ids.ts';
import { SealedData } from './sealed.ts';
import { OpenedPayload, ResolutionPayload, SessionTerms } from '../session.ts';

/** Salt of a decision, 64 hex digits; its digests are keyed by it, and it is gone with the key. */
export const DecisionSalt = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits');

/** Words and places of one piece of evidence: what may quote the input. */
export const EvidenceProse = z.strictObject({
  reasons: z.array(z.string().max(500)).max(20),
  spans: z.array(Span).max(100),
});
/** See {@link EvidenceProse}. */
export type EvidenceProse = z.infer<typeof EvidenceProse>;

/** Prose of one ballot, evidence by evidence. */
export const BallotProse = z.strictObject({ items: z.array(EvidenceProse).max(20) });
/** See {@link BallotProse}. */
export type BallotProse = z.infer<typeof BallotProse>;

/** Payload of an `opened` entry, form 2; `terms.decisionDigest` is the commitment to the request. */
export const SealedOpened = z.strictObject({
  format: z.literal('witan-opened/2'),
  terms: SessionTerms,
  sessionDigest: Digest,
  type: z.string().max(64),
  statedRisk: RiskLevel.nullable(),
  submittedBy: z.string(),
  openedAt: z.iso.datetime(),
  deadlineMs: z.int().min(1),
  retryOf: DecisionId.nullable(),
  audience: z.string().max(200).nullable(),
  /** Pseudonyms of the persons concerned; only this node can compute them. */
  subjectTags: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(16),
  /** Calendar year (UTC) for which the keys of the persons were made; absent: before keys had years. */
  keyPeriod: z
    .string()
    .regex(/^[0-9]{4}$/)
    .optional(),
  /** Pseudonyms of the data that it used, each with what it was to the decision; absent: none. */
  data: z
    .array(
      z.strictObject({
        tag: z.string().regex(/^[0-9a-f]{64}$/),
        role: z.enum(['attachment', 'tool', 'retrieved', 'evidence']),
      }),
    )
    .max(1_000)
    .optional(),
  /** Fingerprint of the request under a mask that follows from the salt. */
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
  /** The request. */
  sealed: SealedData,
});
/** See {@link SealedOpened}. */
export type SealedOpened = z.infer<typeof SealedOpened>;

/** Payload of a `resolution` entry, form 2: the reason may speak of the person. */
export const SealedResolution = z.strictObject({
  format: z.literal('witan-resolution/2'),
  ...ResolutionPayload.omit({ reason: true }).shape,
  sealed: SealedData,
});
/** See {@link SealedResolution}. */
export type SealedResolution = z.infer<typeof SealedResolution>;

/** Payload of an entry about a ballot that is not counted, form 2. */
export const SealedNotice = z.strictObject({
  format: z.literal('witan-notice/2'),
  notice: z.string().max(60),
  seat: z.string().max(120),
  round: z.int(),
  /** Names a notice that was sent durably, so that it is recorded once. */
  noticeId: z.string().max(200).optional(),
  /** Ballot and reason. */
  sealed: SealedData,
});
/** See {@link SealedNotice}. */
export type SealedNotice = z.infer<typeof SealedNotice>;

/** Payload of an `opened` entry of either form. */
export const RecordedOpened = z.union([SealedOpened, OpenedPayload]);
/** See {@link RecordedOpened}. */
export type RecordedOpened = z.infer<typeof RecordedOpened>;

/** What was sealed in the entries of a decision, handed out with its proof to a reader who may see it. */
export const DecisionDisclosure = z.strictObject({
  request: DecisionRequest,
  salt: DecisionSalt,
  /** Of the counted ballots, then of the superseded ones, in their order. */
  evidence: z.array(BallotProse).max(128),
});
/** See {@link DecisionDisclosure}. */
export type DecisionDisclosure = z.infer<typeof DecisionDisclosure>;

/** Stands where words are sealed and the reader has no key, or none was asked for. */
export const SEALED_TEXT = '[sealed]';
/** Stands in a view where the request was, once its key is destroyed. */
export const ERASED_TEXT = '[erased]';
