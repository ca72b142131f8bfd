/**
 * Erases persons and decisions: hold check, keys noted, keys destroyed, live state scrubbed, certificate,
 * entry. Each step is durable before the next, and can be taken again: a crash anywhere is gone on from.
 */
import { WitanError } from '../../../../contracts/errors.ts';
import type {
  ErasureEntry,
  ErasureRequest,
  ErasureState,
  ErasureView,
} from '../../../../contracts/messages/privacy/erasure.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { StoredErasure } from '../../../../runtime/kernel/ports/erasure-store.ts';
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';
import {
  concerning,
  decisionSubject,
  entriesOf,
  findEntries,
  recordKeyOf,
  sealedOpenedOf,
} from './concerned.ts';
import type { ErasureFaultPoint, ErasurePorts } from './ports.ts';

/** Who asks for what `record.retentionYears` ends. */
const RETENTION_ACTOR = '/platform/audit/retention';
/** Tenant of pseudonyms that no person's name can have. */
const NO_TENANT = '-';
/** Entries that one tombstone names. */
const ENTRIES_MAX_COUNT = 10_000;
/** Keys up to which all are wrapped anew at once, so that copies of the key store from before open no more. */
const RENEWED_MAX_COUNT = 10_000;

/** Keys of one tenant whose time is over. */
export interface ExpiredKeys {
  readonly tenant: string;
  /** Decisions whose own keys go. */
  readonly decisionIds: readonly DecisionId[];
  /** Positions of events whose own keys go. */
  readonly eventIndices: readonly number[];
  readonly recordKeyIds: readonly string[];
  /** Keys of persons that no decision needs any more. */
  readonly personKeyIds: readonly string[];
  /** Pseudonyms of the decisions and persons: a hold on any of them refuses all. */
  readonly tags: readonly string[];
  readonly reason: string;
}

/** Erasures of one node. Its calls come one after the other. */
export class ErasureDesk {
  readonly #ports: ErasurePorts;
  readonly #erasures = new Map<string, StoredErasure>();

  /** @param erasures what the store held */
  constructor(ports: ErasurePorts, erasures: readonly StoredErasure[]) {
    this.#ports = ports;
    for (const one of erasures) this.#erasures.set(one.erasureId, one);
  }

  /** Erasures that are not at their end. */
  get unfinished(): readonly string[] {
    return [...this.#erasures.values()]
      .filter(({ state }) => !isEnd(state))
      .map(({ erasureId }) => erasureId);
  }

  /**
   * Takes a request; the same one again gives the erasure that there is.
   * @throws conflict with `details.holdIds` while a legal hold stands, not_found, not_supported,
   * storage_failed
   */
  async request(request: ErasureRequest, principal: Principal): Promise<ErasureView> {
    const { tenant } = principal;
    const { recorded, keys } = this.#ports;
    const { subject, decisionId = null, reason, approver = principal.id } = request;
    const opened = decisionId && (await sealedOpenedOf(recorded, decisionId, tenant));
    const recordKeyIds = opened ? [recordKeyOf(opened)] : [];
    const name = decisionId ? decisionSubject(decisionId) : subject!;
    const subjectTag = keys.tagOf({ tenant, subject: name });
    const earlier = this.#latest(subjectTag);
    const hasKeys =
      recordKeyIds.length > 0 ? !keys.isErased(recordKeyIds[0]!) : this.#hasKeys(subjectTag, tenant);
    if (earlier && (!isEnd(earlier.state) || (earlier.state === 'done' && !hasKeys))) return viewOf(earlier);
    const alsoTags = opened ? [...opened.subjectTags] : [];
    const erasure = this.#begun({
      tenant,
      subjectTag,
      decisionId,
      reason,
      approvedBy: approver,
      requestedBy: principal.id,
      decisionIds: decisionId ? [decisionId] : null,
      recordKeyIds,
      alsoTags,
    });
    const holdIds = this.#holdIds(erasure);
    if (holdIds.length > 0) await this.#refuse(erasure, holdIds);
    return viewOf(await this.#save(erasure, 'request stored'));
  }

  /**
   * Erases what is past its retention, as far as that is not done yet, to the end. Undefined: nothing was
   * left of it.
   * @throws storage_failed, unavailable; nothing is lost, {@link advance} goes on with it
   */
  async expire(expired: ExpiredKeys): Promise<ErasureView | undefined> {
    const { keys } = this.#ports;
    const { tenant, decisionIds, tags, reason } = expired;
    const subjectTag = keys.tagOf({ tenant: NO_TENANT, subject: `retention/${tenant}` });
    // One that was cut off first: what it noted is not noted twice.
    for (const one of this.#erasures.values())
      if (one.subjectTag === subjectTag && !isEnd(one.state)) await this.advance(one.erasureId);
    const recordKeyIds = expired.recordKeyIds.filter((keyId) => !keys.isErased(keyId));
    const alsoKeyIds = expired.personKeyIds.filter((keyId) => !keys.isErased(keyId));
    if (recordKeyIds.length + alsoKeyIds.length === 0) return undefined;
    const begun = this.#begun({
      tenant,
      subjectTag,
      decisionId: null,
      reason,
      approvedBy: 'record.retentionYears',
      requestedBy: RETENTION_ACTOR,
      decisionIds,
      recordKeyIds,
      alsoTags: tags,
    });
    await this.#save({ ...begun, entries: expired.eventIndices, alsoKeyIds }, 'request stored');
    await this.advance(begun.erasureId);
    return viewOf(this.#erasures.get(begun.erasureId)!);
  }

  /** One erasure of a tenant. @throws not_found */
  read(erasureId: string, tenant: string): ErasureView {
    const erasure = this.#erasures.get(erasureId);
    if (erasure?.tenant === tenant) return viewOf(erasure);
    throw new WitanError('not_found', `there is no erasure ${erasureId}`, { path: 'erasureId' });
  }

  /** The erasure that destroyed one of these keys, as its first entry stands in the log. */
  entryOf(keyIds: readonly string[]): number | undefined {
    for (const { certificate, recordedAt } of this.#erasures.values())
      if (certificate?.body.keyIds.some((keyId) => keyIds.includes(keyId))) return recordedAt[0];
    return undefined;
  }

  /**
   * Goes on with an erasure as far as it comes. False: decisions are still open; call again later.
   * @throws storage_failed, unavailable; nothing is lost, call again
   */
  async advance(erasureId: string): Promise<boolean> {
    for (;;) {
      const erasure = this.#erasures.get(erasureId)!;
      switch (erasure.state) {
        case 'requested':
          await this.#find(erasure);
          break;
        case 'settling':
          if (!(await this.#settle(erasure))) return false;
          break;
        case 'destroying':
          await this.#destroy(erasure);
          break;
        case 'scrubbing':
          await this.#scrub(erasure);
          break;
        case 'recording':
          await this.#record(erasure);
          break;
        case 'done':
        case 'refused':
          return true;
      }
    }
  }

  async #find(erasure: StoredErasure): Promise<void> {
    const found = erasure.decisionIds === null ? await concerning(this.#ports.recorded, erasure) : undefined;
    const decisionIds = erasure.decisionIds ?? found!.decisionIds;
    const entries = found?.eventIndices ?? erasure.entries;
    await this.#save({ ...erasure, state: 'settling', decisionIds, entries }, 'decisions found');
  }

  /** What is open is decided first: a verdict on a destroyed input would be none. */
  async #settle(erasure: StoredErasure): Promise<boolean> {
    const { recorded, keys } = this.#ports;
    const { entries: own, open } = await entriesOf(recorded, erasure.decisionIds!);
    // Those of events were found with the decisions; a crash may have come after both were noted.
    const entries = [...new Set([...erasure.entries, ...own])].sort((one, other) => one - other);
    if (open.length > 0) return false;
    const holdIds = this.#holdIds(erasure);
    // A hold that came while decisions ended counts too: nothing is destroyed yet.
    if (holdIds.length > 0) {
      await this.#save({ ...erasure, state: 'refused', holdIds }, 'end stored');
      return true;
    }
    const keyIds = [...keys.keyIds(erasure), ...erasure.recordKeyIds, ...(erasure.alsoKeyIds ?? [])];
    await this.#save({ ...erasure, state: 'destroying', entries, keyIds }, 'keys noted');
    return true;
  }

  async #destroy(erasure: StoredErasure): Promise<void> {
    const { keys } = this.#ports;
    const { tenant, subjectTag, reason, approvedBy, recordKeyIds, alsoTags, alsoKeyIds, keyIds } = erasure;
    const also = { recordKeyIds, alsoTags, ...(alsoKeyIds && { alsoKeyIds }) };
    const done = await keys
      .destroy({ tenant, subjectTag, reason, approvedBy, ...also })
      .catch(async (error: unknown) => {
        if (!(error instanceof WitanError) || error.code !== 'permission_denied') throw error;
        const holdIds = this.#holdIds(erasure);
        await this.#save({ ...erasure, state: 'refused', holdIds }, 'end stored');
        return undefined;
      });
    if (!done) return;
    this.#tell('keys destroyed');
    // After a crash the second call finds nothing left: what was noted before is what was destroyed.
    const destruction = { ...done, keyIds: [...new Set([...keyIds, ...done.keyIds])] };
    await this.#save({ ...erasure, state: 'scrubbing', destruction }, 'destruction stored');
  }

  async #scrub(erasure: StoredErasure): Promise<void> {
    const { keys, forget, certify, recorded } = this.#ports;
    for (const decisionId of erasure.decisionIds!) await forget(decisionId);
    const isRenewed = keys.keyCount() <= RENEWED_MAX_COUNT;
    if (isRenewed) await keys.renew();
    this.#tell('live state scrubbed');
    const destruction = erasure.destruction!;
    const certificate = certify({
      ...destruction,
      wrappingKeyId: isRenewed ? null : destruction.wrappingKeyId,
    });
    const logSize = recorded.size();
    await this.#save({ ...erasure, state: 'recording', certificate, logSize }, 'certificate stored');
  }

  async #record(erasure: StoredErasure): Promise<void> {
    const { recorded } = this.#ports;
    const { erasureId, tenant, entries, certificate, logSize } = erasure;
    const written = await findEntries(recorded, logSize!, (entry) => {
      const payload = entry.payload as Partial<ErasureEntry>;
      return payload.format === 'witan-erasure/1' && payload.erasureId === erasureId;
    });
    const recordedAt = written.map(({ index }) => index);
    const count = Math.max(1, Math.ceil(entries.length / ENTRIES_MAX_COUNT));
    for (let at = recordedAt.length; at < count; at += 1) {
      const part = entries.slice(at * ENTRIES_MAX_COUNT, (at + 1) * ENTRIES_MAX_COUNT);
      const said = { erasureId, certificate: certificate!, entries: part };
      const payload: ErasureEntry = { format: 'witan-erasure/1', event: 'erasure', ...said };
      recordedAt.push((await recorded.append({ kind: 'event', tenant, payload })).index);
      this.#tell('entry written');
    }
    this.#verify(erasure);
    await this.#save({ ...slim(erasure), state: 'done', recordedAt }, 'end stored');
  }

  /** Nothing is certified as gone that still opens. */
  #verify({ keyIds }: StoredErasure): void {
    const left = keyIds.filter((keyId) => !this.#ports.keys.isErased(keyId));
    if (left.length > 0)
      throw new WitanError('internal', 'a key that was to be destroyed still opens', { keyIds: left });
  }

  async #refuse(erasure: StoredErasure, holdIds: readonly string[]): Promise<never> {
    const { subjectTag, requestedBy: by, reason, decisionId } = erasure;
    const at = new Date(this.#ports.clock.wallMs()).toISOString();
    const payload = {
      event: 'erasure-refused',
      subjectTag,
      decisionId,
      holdIds: [...holdIds],
      reason,
      by,
      at,
    };
    await this.#ports.recorded.append({ kind: 'admin', tenant: erasure.tenant, payload });
    throw new WitanError('conflict', 'a legal hold keeps this data', {
      holdIds: [...holdIds],
      expected: 'no legal hold; when it ends, erasure has to be asked for again',
    });
  }

  #begun(
    asked: Pick<
      StoredErasure,
      | 'tenant'
      | 'subjectTag'
      | 'decisionId'
      | 'reason'
      | 'approvedBy'
      | 'requestedBy'
      | 'decisionIds'
      | 'recordKeyIds'
      | 'alsoTags'
    >,
  ): StoredErasure {
    const { keys, clock } = this.#ports;
    const { tenant, subjectTag } = asked;
    const count = [...this.#erasures.values()].filter((one) => one.subjectTag === subjectTag).length;
    const erasureId = `x${keys.tagOf({ tenant, subject: `erasure/${subjectTag}/${count}` }).slice(0, 32)}`;
    return {
      format: 'witan-erasure-state/1',
      erasureId,
      state: 'requested',
      ...asked,
      requestedAtWallMs: clock.wallMs(),
      holdIds: [],
      entries: [],
      keyIds: [],
      destruction: null,
      certificate: null,
      logSize: null,
      recordedAt: [],
    };
  }

  #holdIds({ tenant, subjectTag, alsoTags }: StoredErasure): string[] {
    const { keys } = this.#ports;
    const tags = [subjectTag, ...alsoTags];
    return [
      ...new Set(tags.flatMap((tag) => keys.holds({ tenant, subjectTag: tag }).map(({ holdId }) => holdId))),
    ];
  }

  #hasKeys(subjectTag: string, tenant: string): boolean {
    return this.#ports.keys.keyIds({ tenant, subjectTag }).length > 0;
  }

  #latest(subjectTag: string): StoredErasure | undefined {
    return [...this.#erasures.values()].findLast((one) => one.subjectTag === subjectTag);
  }

  async #save(erasure: StoredErasure, point: ErasureFaultPoint): Promise<StoredErasure> {
    await this.#ports.store.saveErasure(erasure);
    this.#erasures.set(erasure.erasureId, erasure);
    this.#tell(point);
    return erasure;
  }

  #tell(point: ErasureFaultPoint): void {
    this.#ports.onStep?.(point);
  }
}

/** What retention ends is much: of what is done, the certificate is kept. */
function slim(erasure: StoredErasure): StoredErasure {
  if (erasure.requestedBy !== RETENTION_ACTOR) return erasure;
  const none: readonly never[] = [];
  return {
    ...erasure,
    entries: none,
    keyIds: none,
    recordKeyIds: none,
    alsoKeyIds: none,
    alsoTags: none,
    destruction: null,
  };
}

function isEnd(state: ErasureState): boolean {
  return state === 'done' || state === 'refused';
}

function viewOf(erasure: StoredErasure): ErasureView {
  const { erasureId, state, subjectTag, reason, approvedBy, requestedAtWallMs, certificate } = erasure;
  return {
    erasureId,
    state,
    subjectTag,
    reason,
    approvedBy,
    requestedAt: new Date(requestedAtWallMs).toISOString(),
    decisionCount: erasure.decisionIds?.length ?? null,
    holdIds: [...erasure.holdIds],
    certificate,
    recordedAt: [...erasure.recordedAt],
  };
}
