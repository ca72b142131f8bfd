/** The anchor of a node, for doors: who may ask what of it. */
import type { AnchorMessage, AnchorReply } from '../../../../agents/platform/audit/anchor/messages.ts';
import { logStatusOf } from '../../../../agents/platform/audit/anchor/anchor-status.ts';
import type { LaneRunner } from '../../../../agents/platform/audit/anchor/lane-runner.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { AnchorStatus } from '../../../../contracts/messages/anchor.ts';
import type { DecisionId } from '../../../../contracts/messages/ids.ts';
import type { RecordState } from '../../../../contracts/messages/verdict.ts';
import type { AnchorBackend } from '../../../../transport/door/anchor-backend.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import type { Principal } from '../../../kernel/ports/identity.ts';
import type { LedgerEntry, LedgerPort } from '../../../kernel/ports/ledger.ts';
import { requireScope } from '../../door/require-scope.ts';
import { ANCHOR_PATH } from './lane-sources.ts';

/** What it answers from. */
export interface NodeAnchorParts {
  readonly system: ActorSystem;
  readonly ledger: Pick<LedgerPort, 'entry' | 'byDecision' | 'logId'>;
  readonly runners: readonly LaneRunner[];
  /** Tenant whose operators may ask for any entry: a receipt shows hashes alone. */
  readonly localTenant: string;
}

/** A receipt that is not kept yet is made from the chain, which may take a few calls. */
const ASK_MS = 30_000;

/** See {@link AnchorBackend}. */
export class NodeAnchor implements AnchorBackend {
  readonly #parts: NodeAnchorParts;

  constructor(parts: NodeAnchorParts) {
    this.#parts = parts;
  }

  status: AnchorBackend['status'] = async (principal) => {
    requireScope(principal, 'operator:read');
    return this.#status('status');
  };

  now: AnchorBackend['now'] = async (principal) => {
    requireScope(principal, 'operator:act');
    return this.#status('now');
  };

  receipt: AnchorBackend['receipt'] = async (of, principal, chain) => {
    requireScope(principal, 'decision:read');
    const { index } = await this.#entry(of, principal);
    const origin = this.#parts.ledger.logId;
    const reply = await this.#ask((replyTo) => ({ type: 'receipt', origin, index, chain, replyTo }));
    if (reply.type === 'receipt') return reply.receipt;
    throw failureOf(reply);
  };

  stateOf: AnchorBackend['stateOf'] = (index) => {
    const { runners, ledger } = this.#parts;
    let furthest: RecordState | undefined;
    for (const { lane } of runners) {
      const log = lane && logStatusOf(lane, ledger.logId);
      if (!log) continue;
      if (log.finalSize > index) return 'final';
      if (log.anchoredSize > index) furthest = 'included';
      else if ((log.queuedSize ?? 0) > index) furthest ??= 'submitted';
    }
    return furthest;
  };

  async #status(type: 'status' | 'now'): Promise<AnchorStatus> {
    const reply = await this.#ask((replyTo) => ({ type, replyTo }));
    if (reply.type === 'status') return reply.status;
    throw failureOf(reply);
  }

  async #entry(of: DecisionId | number, { tenant, scopes }: Principal): Promise<LedgerEntry> {
    const { ledger, localTenant } = this.#parts;
    const isOperator = tenant === localTenant && scopes.includes('operator:read');
    const entry =
      typeof of === 'number'
        ? await ledger.entry(of)
        : (await ledger.byDecision(of)).find(({ kind }) => kind === 'final');
    // Whether another tenant has an entry there is nobody else's business.
    if (entry && (isOperator || entry.tenant === tenant)) return entry;
    throw new WitanError('not_found', `there is no entry ${of}`, { path: 'of', expected: 'an own entry' });
  }

  #ask(make: (replyTo: ActorRef<AnchorReply>) => AnchorMessage): Promise<AnchorReply> {
    const { system } = this.#parts;
    const ref = system.resolve(ANCHOR_PATH) as ActorRef<AnchorMessage>;
    return query(ref, make, { timeoutMs: ASK_MS, via: system });
  }
}

function failureOf(reply: AnchorReply): WitanError {
  return reply.type === 'failed' ? reply.error : new WitanError('internal', 'the anchor gave another answer');
}
