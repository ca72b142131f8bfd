/** Answers about recorded decisions from the log, beside the turns of the orchestrator. */
import { toWitanError, WitanError } from '../../../../contracts/errors.ts';
import type { DecisionView } from '../../../../contracts/messages/decision-view.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { ActorContext, ActorRef } from '../../../../runtime/kernel/index.ts';
import type { LedgerEntry } from '../../../../runtime/kernel/ports/ledger.ts';
import type { Noted } from './ballot-notice.ts';
import type { BallotNotice, OrchestratorMessage, ReadReply, VerdictReply } from '../messages.ts';
import type { OrchestratorPorts } from '../ports.ts';
import { moved } from '../decision-moves.ts';
import { NoticeDesk } from './ballot-notice.ts';
import { viewOf } from './decision-view.ts';
import { readEntries } from './recorder.ts';

type Ctx = ActorContext<OrchestratorMessage>;

/** Who asks, and for which tenant. */
interface Asker<R> {
  readonly tenant: string;
  readonly replyTo: ActorRef<R>;
}

/** Reads of one orchestrator; a read never waits for a session and holds up no other message. */
export class DecisionReader {
  readonly #ports: Pick<OrchestratorPorts, 'clock' | 'ledger' | 'settings' | 'home'>;
  readonly #notices: NoticeDesk;
  readonly #onRecorded: (entry: LedgerEntry) => void;

  constructor(
    ports: Pick<OrchestratorPorts, 'clock' | 'ledger' | 'settings' | 'home'>,
    onRecorded: (entry: LedgerEntry) => void,
  ) {
    this.#ports = ports;
    this.#notices = new NoticeDesk(ports.ledger);
    this.#onRecorded = onRecorded;
  }

  /** Answers with the decision, or `not_found`, also for one of another tenant. */
  read(decisionId: DecisionId, { tenant, replyTo }: Asker<ReadReply>, ctx: Ctx): void {
    const answer = (result: PromiseSettledResult<DecisionView>): void => {
      if (result.status === 'fulfilled') replyTo.tell({ type: 'decision', view: result.value });
      else replyTo.tell({ type: 'failed', error: toWitanError(result.reason) });
    };
    ctx.pipeToSelf(
      () => this.#view(decisionId, tenant),
      (result) => ({ type: 'done', finish: () => answer(result) }),
    );
  }

  /** Answers with the recorded verdict; a decision without one is `unavailable`. */
  readVerdict(decisionId: DecisionId, { tenant, replyTo }: Asker<VerdictReply>, ctx: Ctx): void {
    const verdict = async (): Promise<VerdictReply> => {
      const view = await this.#view(decisionId, tenant);
      if (view.verdict) return { type: 'verdict', verdict: view.verdict };
      throw new WitanError('unavailable', 'no verdict is recorded yet', { decisionId });
    };
    const answer = (result: PromiseSettledResult<VerdictReply>): void => {
      if (result.status === 'fulfilled') replyTo.tell(result.value);
      else replyTo.tell({ type: 'failed', error: toWitanError(result.reason) });
    };
    ctx.pipeToSelf(verdict, (result) => ({ type: 'done', finish: () => answer(result) }));
  }

  /** Records a ballot that is not counted; one that may come again, and is waited for, only where it is decided. */
  recordNotice(notice: BallotNotice, ctx: Ctx): void {
    const { decisionId, replyTo } = notice;
    const assertHome = (): void => {
      if (replyTo && this.#ports.home?.owns(decisionId) === false) throw moved(decisionId);
    };
    const noted = (result: PromiseSettledResult<Noted>): void => {
      if (result.status === 'fulfilled') {
        const { entry, isRepeat } = result.value;
        if (!isRepeat) this.#onRecorded(entry);
        replyTo?.tell({ type: 'handled', isRepeat });
        return;
      }
      const error = toWitanError(result.reason);
      if (replyTo) replyTo.tell({ type: 'failed', error });
      else ctx.log.error('a ballot notice was not recorded', { kind: notice.kind, error: String(error) });
    };
    ctx.pipeToSelf(
      async () => {
        assertHome();
        const recorded = await this.#notices.record(notice);
        // Who is its owner no more does not say that it is done: the next one looks for itself.
        assertHome();
        return recorded;
      },
      (result) => ({ type: 'done', finish: () => noted(result) }),
    );
  }

  async #view(decisionId: DecisionId, tenant: string): Promise<DecisionView> {
    const { clock, ledger, settings } = this.#ports;
    const attemptMs = settings().deadlines.askMs;
    const entries = await readEntries(decisionId, { clock, ledger, attemptMs });
    const view = viewOf(entries, tenant, ledger.logId);
    if (!view) throw new WitanError('not_found', 'there is no such decision', { decisionId });
    return view;
  }
}
