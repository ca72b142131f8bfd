/** What doors ask of the archive, answered by its actor. */
import type {
  ArchiveJobStatus,
  ArchiveMessage,
  ArchiveRunReply,
} from '../../../../agents/platform/audit/archive/archive-messages.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type {
  ArchiveRunRequest,
  ArchiveRunView,
  ArchiveStatusView,
} from '../../../../contracts/messages/door/archive.ts';
import type { ArchiveBackend } from '../../../../transport/door/archive-backend.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef } from '../../../kernel/index.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import { requireScope } from '../../door/require-scope.ts';
import type { ServiceParts } from '../open-together.ts';

/** Where the actor lives. */
export const ARCHIVE_PATH = '/platform/audit/archive';

const STATUS_MS = 5_000;
/** Longest time of a run that somebody waits for; the run itself goes on. */
const RUN_MS = 3_600_000;

/** See {@link ArchiveBackend}. */
export class NodeArchive implements ArchiveBackend {
  readonly #parts: Pick<ServiceParts, 'system' | 'stores' | 'clock'>;

  constructor(parts: Pick<ServiceParts, 'system' | 'stores' | 'clock'>) {
    this.#parts = parts;
  }

  async status(principal: Principal): Promise<ArchiveStatusView> {
    requireScope(principal, 'operator:read');
    const { ledger } = this.#parts.stores;
    const jobs = await this.#ask<readonly ArchiveJobStatus[]>(
      (replyTo) => ({ type: 'status', replyTo }),
      STATUS_MS,
    );
    const views = jobs.map(({ lastDoneWallMs, lastReport, ...job }) => ({
      ...job,
      lastReport: lastReport && { ...lastReport },
      lastDoneAt: lastDoneWallMs === null ? null : new Date(lastDoneWallMs).toISOString(),
    }));
    return { logId: ledger.logId, size: ledger.size(), jobs: views };
  }

  /** The order is on the record before it is carried out. */
  async run({ job }: ArchiveRunRequest, principal: Principal): Promise<ArchiveRunView> {
    requireScope(principal, 'operator:act');
    const { clock, stores } = this.#parts;
    const at = new Date(clock.wallMs()).toISOString();
    const payload = { action: 'archive-run', job, by: principal.id, at };
    await stores.ledger.append({ kind: 'admin', tenant: principal.tenant, payload });
    const reply = await this.#ask<ArchiveRunReply>((replyTo) => ({ type: 'run', job, replyTo }), RUN_MS);
    if (reply.type === 'failed') throw new WitanError(reply.code, reply.message, { job });
    return { job, report: reply.report };
  }

  #ask<Reply>(message: (replyTo: ActorRef<Reply>) => ArchiveMessage, timeoutMs: number): Promise<Reply> {
    const { system } = this.#parts;
    const actor = system.resolve(ARCHIVE_PATH) as ActorRef<ArchiveMessage>;
    return query(actor, message, { timeoutMs, via: system });
  }
}
