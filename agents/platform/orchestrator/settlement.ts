/**
 * Settles decisions that were opened and have no session: by the recorded verdict, or as
 * `held(session-lost)`.
 */
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { Verdict } from '../../../contracts/messages/verdict.ts';
import type { ActorContext } from '../../../runtime/kernel/index.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import { settleLost } from './decision-session.ts';
import type { LiveDecision } from './live-decisions.ts';
import type { OpenDecision, OrchestratorMessage } from './messages.ts';
import type { OrchestratorPorts } from './ports.ts';

type Ctx = ActorContext<OrchestratorMessage>;
type SweepReplyTo = Extract<OrchestratorMessage, { type: 'open-found' }>['replyTo'];

const SWEEP_MAX_COUNT = 1_000;
/** Deadlines after which a decision of another node is settled here. */
const ELSEWHERE_PATIENCE = 3;

/** The sweeper of one node. Its results come back to the orchestrator as `settled`. */
export class Settlement {
  readonly #ports: OrchestratorPorts;
  readonly #isLive: (decisionId: DecisionId) => boolean;
  readonly #onRecorded: (entry: LedgerEntry) => void;
  /** Open entries without a session here, and since when they are known, monotonic ms. */
  readonly #orphans = new Map<DecisionId, { readonly open: OpenDecision; readonly sinceMs: number }>();
  readonly #settling = new Set<DecisionId>();

  constructor(
    ports: OrchestratorPorts,
    isLive: (decisionId: DecisionId) => boolean,
    onRecorded: (entry: LedgerEntry) => void,
  ) {
    this.#ports = ports;
    this.#isLive = isLive;
    this.#onRecorded = onRecorded;
  }

  /** Notes a decision whose session ended without a recorded verdict; it is settled once its time is over. */
  orphan({ decisionId, tenant, deadlineMs, sinceMs }: LiveDecision): void {
    this.#orphans.set(decisionId, { open: { decisionId, tenant, deadlineMs }, sinceMs });
  }

  /** Settles an open entry of an earlier run: now, and if that fails at each sweep until the log answers. */
  settleOpen(open: OpenDecision, ctx: Ctx): void {
    this.#orphans.set(open.decisionId, { open, sinceMs: Number.NEGATIVE_INFINITY });
    this.settle(open.decisionId, ctx);
  }

  /** Settles one decision now, unless that is under way. */
  settle(decisionId: DecisionId, ctx: Ctx): void {
    if (this.#settling.has(decisionId)) return;
    this.#settling.add(decisionId);
    ctx.pipeToSelf(
      () => this.#settled(decisionId),
      (result) => ({ type: 'settled', decisionId, result }),
    );
  }

  async #settled(decisionId: DecisionId): Promise<Verdict> {
    const { events, settings } = this.#ports;
    const job = { settings: settings(), onRecorded: this.#onRecorded };
    const verdict = await settleLost(decisionId, this.#ports, job);
    // The session's own append may have reached the log although the session could not tell of it any more.
    const isTold = events.history(decisionId).some(({ type }) => type === 'final');
    if (!isTold) events.publish(decisionId, { type: 'final', verdict });
    return verdict;
  }

  /** An attempt to settle is over; one that failed is made again at a later sweep. */
  ended(decisionId: DecisionId, isSettled: boolean): void {
    this.#settling.delete(decisionId);
    if (isSettled) this.#orphans.delete(decisionId);
  }

  /**
   * Asks the index for open entries; without an index, those that this node knows of are still settled.
   * @param sync Brings the index up to the log first, so that what has just ended is not taken for open.
   */
  lookForOpen(replyTo: SweepReplyTo, sync: () => Promise<boolean>, ctx: Ctx): void {
    ctx.pipeToSelf(
      async () => {
        await sync().catch(() => false);
        return this.#ports.index.open(SWEEP_MAX_COUNT);
      },
      (result) => ({ type: 'open-found', open: result.status === 'fulfilled' ? result.value : [], replyTo }),
    );
  }

  /**
   * Settles what is past its deadline. Time counts from when it was first seen here: no two clocks are
   * compared.
   */
  openFound(open: readonly OpenDecision[], replyTo: SweepReplyTo, ctx: Ctx): void {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const { decisionId, tenant, deadlineMs } of open) {
      if (this.#isLive(decisionId) || this.#orphans.has(decisionId)) continue;
      this.#orphans.set(decisionId, { open: { decisionId, tenant, deadlineMs }, sinceMs: nowMs });
    }
    let settled = 0;
    for (const [decisionId, { open: found, sinceMs }] of this.#orphans) {
      if (this.#isLive(decisionId) || this.#settling.has(decisionId)) continue;
      // What another node decides is left to it, unless nobody has ended it long after its time.
      const patience = this.#ports.home?.owns(decisionId) === false ? ELSEWHERE_PATIENCE : 1;
      if (nowMs - sinceMs < found.deadlineMs * patience) continue;
      this.settle(decisionId, ctx);
      settled += 1;
    }
    replyTo?.tell({ settled });
  }
}
