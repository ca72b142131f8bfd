/** Payloads of a decision's entries, from plain to sealed and back: pure. */
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import type { FinalPayload } from '../../../contracts/messages/final.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import {
  ERASED_TEXT,
  SEALED_TEXT,
  type BallotProse,
  type SealedNotice,
  type SealedOpened,
  type SealedResolution,
} from '../../../contracts/messages/privacy/sealed-record.ts';
import type { SealedData } from '../../../contracts/messages/privacy/sealed.ts';
import type { OpenedPayload, ResolutionPayload } from '../../../contracts/messages/session.ts';
import { utf8 } from '../../../contracts/ledger/bytes.ts';

/** What a payload is sealed into: what stays plain, and the bytes to seal. */
export interface SealedForm<T> {
  readonly secret: Uint8Array;
  /** The payload for the record, around the sealed bytes. */
  readonly around: (sealed: SealedData) => T;
}

/** How reading sealed bytes ended. */
export type Unsealed = { readonly bytes: Uint8Array } | 'erased' | 'unknown-key';

/** An entry about a ballot that is not counted. */
export interface Notice {
  readonly notice: string;
  readonly seat: string;
  readonly round: number;
  readonly noticeId?: string | undefined;
  readonly ballot: unknown;
  readonly reason: unknown;
}

/** What stays of a sealed request, so that it can be found again by who has it. */
export interface OpenedPseudonyms {
  readonly fingerprint: string;
  readonly subjectTags: readonly string[];
  /** Calendar year for which the keys of the persons were made. */
  readonly keyPeriod: string;
  readonly data: NonNullable<SealedOpened['data']>;
}

/** `opened`: the request is sealed, but for its type and audience. */
export function openedForm(
  payload: OpenedPayload,
  { fingerprint, subjectTags, keyPeriod, data }: OpenedPseudonyms,
): SealedForm<SealedOpened> {
  const { terms, sessionDigest, request, statedRisk, submittedBy, openedAt, deadlineMs, retryOf } = payload;
  const { type, audience = null } = request;
  const plain = {
    terms,
    sessionDigest,
    type,
    audience,
    statedRisk,
    submittedBy,
    openedAt,
    deadlineMs,
    retryOf,
  };
  return {
    secret: jsonBytes(request),
    around: (sealed) => ({
      format: 'witan-opened/2',
      ...plain,
      subjectTags: [...subjectTags],
      ...(subjectTags.length > 0 && { keyPeriod }),
      fingerprint,
      ...(data.length > 0 && { data: [...data] }),
      sealed,
    }),
  };
}

/** The plain payload of a sealed `opened`. */
export function openedOf(recorded: SealedOpened, read: Unsealed, salt: string | undefined): OpenedPayload {
  const { terms, sessionDigest, type, statedRisk, submittedBy, openedAt, deadlineMs, retryOf } = recorded;
  const audience = recorded.audience === null ? {} : { audience: recorded.audience };
  const request =
    typeof read === 'object'
      ? (fromJson(read.bytes) as DecisionRequest)
      : { type, text: read === 'erased' ? ERASED_TEXT : SEALED_TEXT, ...audience };
  return {
    terms,
    sessionDigest,
    request,
    statedRisk,
    submittedBy,
    openedAt,
    deadlineMs,
    retryOf,
    ...(salt !== undefined && { salt }),
    input: read === 'erased' ? 'erased' : 'sealed',
  };
}

/** `final`: the prose of all evidence is sealed; undefined when there is none. */
export function finalForm(payload: FinalPayload): SealedForm<FinalPayload> | undefined {
  const all = [...payload.ballots, ...payload.superseded];
  const prose = all.map(({ evidence }): BallotProse => ({
    items: evidence.map(({ reasons, spans }) => ({ reasons, spans })),
  }));
  if (prose.every(({ items }) => items.every(({ reasons, spans }) => reasons.length + spans.length === 0)))
    return undefined;
  const ballots = payload.ballots.map(withoutProse);
  const superseded = payload.superseded.map(withoutProse);
  return {
    secret: jsonBytes(prose),
    around: (sealed) => ({ ...payload, ballots, superseded, sealed }),
  };
}

/** The plain payload of a sealed `final`; without the key, evidence stays without prose. */
export function finalOf({ sealed: _sealed, ...payload }: FinalPayload, read: Unsealed): FinalPayload {
  if (typeof read !== 'object') return payload;
  const prose = fromJson(read.bytes) as BallotProse[];
  const count = payload.ballots.length;
  return {
    ...payload,
    ballots: payload.ballots.map((ballot, at) => withProse(ballot, prose[at])),
    superseded: payload.superseded.map((ballot, at) => withProse(ballot, prose[count + at])),
  };
}

/** `resolution`: the reason is sealed. */
export function resolutionForm({ reason, ...plain }: ResolutionPayload): SealedForm<SealedResolution> {
  return {
    secret: jsonBytes(reason),
    around: (sealed) => ({ format: 'witan-resolution/2', ...plain, sealed }),
  };
}

/** The plain payload of a sealed `resolution`. */
export function resolutionOf(recorded: SealedResolution, read: Unsealed): ResolutionPayload {
  const { format: _format, sealed: _sealed, ...plain } = recorded;
  return { ...plain, reason: textOf(read) };
}

/** A notice: ballot and reason are sealed. */
export function noticeForm({ ballot, reason, ...rest }: Notice): SealedForm<SealedNotice> {
  const { notice, seat, round, noticeId } = rest;
  const id = noticeId === undefined ? {} : { noticeId };
  return {
    secret: jsonBytes({ ballot, reason }),
    around: (sealed) => ({ format: 'witan-notice/2', notice, seat, round, ...id, sealed }),
  };
}

/** The plain payload of a sealed notice. */
export function noticeOf({ notice, seat, round, noticeId }: SealedNotice, read: Unsealed): Notice {
  const id = noticeId === undefined ? {} : { noticeId };
  const said = typeof read === 'object' ? fromJson(read.bytes) : { ballot: null, reason: textOf(read) };
  return { notice, seat, round, ...id, ...(said as Pick<Notice, 'ballot' | 'reason'>) };
}

function withoutProse(ballot: Ballot): Ballot {
  return { ...ballot, evidence: ballot.evidence.map((one) => ({ ...one, reasons: [], spans: [] })) };
}

function withProse(ballot: Ballot, prose: BallotProse | undefined): Ballot {
  return { ...ballot, evidence: ballot.evidence.map((one, at) => ({ ...one, ...prose?.items[at] })) };
}

function textOf(read: Unsealed): string {
  if (typeof read === 'object') return fromJson(read.bytes) as string;
  return read === 'erased' ? ERASED_TEXT : SEALED_TEXT;
}

function jsonBytes(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

function fromJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
