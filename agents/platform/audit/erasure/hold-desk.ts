/**
 * Legal holds: kept in the vault, where every destruction asks for them, and told to the log. A hold keeps
 * data
 * and lets nobody read it.
 */
import { WitanError } from '../../../../contracts/errors.ts';
import type { HoldRequest, HoldView } from '../../../../contracts/messages/privacy/erasure.ts';
import type { StoredLegalHold } from '../../../../runtime/kernel/ports/erasure-store.ts';
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';
import { decisionSubject, findEntries, sealedOpenedOf } from './concerned.ts';
import type { ErasurePorts } from './ports.ts';

/** Holds of one node. Its calls come one after the other. */
export class HoldDesk {
  readonly #ports: ErasurePorts;
  readonly #holds = new Map<string, StoredLegalHold>();

  /** @param holds what the store held */
  constructor(ports: ErasurePorts, holds: readonly StoredLegalHold[]) {
    this.#ports = ports;
    for (const one of holds) this.#holds.set(one.holdId, one);
  }

  /** Finishes what a crash cut off. @throws storage_failed, unavailable */
  async finish(): Promise<void> {
    for (const hold of [...this.#holds.values()]) {
      if (!hold.isRecorded) await this.#place(hold);
      const current = this.#holds.get(hold.holdId)!;
      if (current.release && !current.release.isRecorded) await this.#release(current, current.release);
    }
  }

  /** Places a hold. @throws not_found, not_supported for a decision that is plain, storage_failed */
  async place(request: HoldRequest, { tenant, id }: Principal): Promise<HoldView> {
    const { recorded, keys, clock } = this.#ports;
    const { subject, decisionId = null, reason } = request;
    const opened = decisionId && (await sealedOpenedOf(recorded, decisionId, tenant));
    const name = decisionId ? decisionSubject(decisionId) : subject!;
    const subjectTag = keys.tagOf({ tenant, subject: name });
    const count = [...this.#holds.values()].filter((one) => one.subjectTag === subjectTag).length;
    const hold: StoredLegalHold = {
      format: 'witan-legal-hold/1',
      holdId: `h${keys.tagOf({ tenant, subject: `hold/${subjectTag}/${count}` }).slice(0, 32)}`,
      tenant,
      subjectTag,
      decisionId,
      // Without the keys of its persons the decision could not be read any more: they are held too.
      alsoTags: opened ? [...opened.subjectTags] : [],
      reason,
      by: id,
      atWallMs: clock.wallMs(),
      logSize: recorded.size(),
      isRecorded: false,
      release: null,
    };
    return viewOf(await this.#place(hold));
  }

  /** Ends a hold; erasure has to be asked for again. @throws not_found, conflict when it is ended, storage_failed */
  async release(holdId: string, reason: string, { tenant, id }: Principal): Promise<HoldView> {
    const hold = this.#holds.get(holdId);
    if (hold?.tenant !== tenant)
      throw new WitanError('not_found', `there is no hold ${holdId}`, { path: 'holdId' });
    if (hold.release) throw new WitanError('conflict', 'the hold is released already', { path: 'holdId' });
    const { clock, recorded } = this.#ports;
    const at = { atWallMs: clock.wallMs(), logSize: recorded.size(), isRecorded: false };
    return viewOf(await this.#release(hold, { by: id, reason, ...at }));
  }

  /** Holds of a tenant, newest first, also those that were released. */
  list(tenant: string): HoldView[] {
    const own = [...this.#holds.values()].filter((hold) => hold.tenant === tenant);
    return own.sort((left, right) => right.atWallMs - left.atWallMs).map(viewOf);
  }

  /** Kept first: from then on nothing is destroyed, whatever becomes of the entry. */
  async #place(hold: StoredLegalHold): Promise<StoredLegalHold> {
    const { keys } = this.#ports;
    const { holdId, tenant, subjectTag, alsoTags, reason, by, decisionId } = hold;
    await this.#save(hold);
    await keys.hold({ tenant, subjectTag }, { holdId, reason, by }, alsoTags).catch(unless('already_exists'));
    await this.#tell(hold, { event: 'hold-placed', holdId, subjectTag, decisionId, reason, by }, hold);
    return this.#save({ ...hold, isRecorded: true });
  }

  async #release(
    hold: StoredLegalHold,
    release: NonNullable<StoredLegalHold['release']>,
  ): Promise<StoredLegalHold> {
    const { holdId, tenant, subjectTag, alsoTags } = hold;
    const { by, reason } = release;
    await this.#save({ ...hold, release });
    // Told before it is done: a hold never ends without a word in the log.
    await this.#tell(hold, { event: 'hold-released', holdId, subjectTag, reason, by }, release);
    await this.#ports.keys.release({ tenant, subjectTag }, holdId, alsoTags).catch(unless('not_found'));
    return this.#save({ ...hold, release: { ...release, isRecorded: true } });
  }

  async #tell(
    { tenant, holdId }: StoredLegalHold,
    said: { readonly event: string } & Record<string, unknown>,
    { atWallMs, logSize }: { readonly atWallMs: number; readonly logSize: number },
  ): Promise<void> {
    const { recorded } = this.#ports;
    const written = await findEntries(recorded, logSize, ({ payload }) => {
      const known = payload as { readonly event?: unknown; readonly holdId?: unknown };
      return known.event === said.event && known.holdId === holdId;
    });
    if (written.length > 0) return;
    const payload = { ...said, at: new Date(atWallMs).toISOString() };
    await recorded.append({ kind: 'admin', tenant, payload });
  }

  async #save(hold: StoredLegalHold): Promise<StoredLegalHold> {
    await this.#ports.store.saveHold(hold);
    this.#holds.set(hold.holdId, hold);
    return hold;
  }
}

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof WitanError) || error.code !== code) throw error;
  };
}

function viewOf(hold: StoredLegalHold): HoldView {
  const { holdId, subjectTag, decisionId, reason, by, atWallMs, release } = hold;
  const placedAt = new Date(atWallMs).toISOString();
  const releasedAt = release && new Date(release.atWallMs).toISOString();
  return { holdId, subjectTag, decisionId, reason, by, placedAt, releasedAt };
}
