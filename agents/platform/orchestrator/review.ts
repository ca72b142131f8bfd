/**
 * `/platform/orchestrator/review`: held decisions, and the word of people on them. `final` is never replaced.
 */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Page } from '../../../contracts/messages/decision-view.ts';
import { ResolutionPayload } from '../../../contracts/messages/session.ts';
import type { Outcome } from '../../../contracts/messages/verdict.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import type { ActorContext, ActorOptions } from '../../../runtime/kernel/index.ts';
import type { IndexedDecision } from '../../../runtime/kernel/ports/decision/decision-index.ts';
import type { LedgerEntry } from '../../../runtime/kernel/ports/ledger.ts';
import type { ReviewItem, ReviewListReply, ReviewMessage, ResolveReply } from './messages.ts';
import type { OrchestratorPorts } from './ports.ts';
import { verdictOf } from './record/verdict-maker.ts';

type ReviewPorts = Pick<OrchestratorPorts, 'ledger' | 'index' | 'clock' | 'events'>;

/** Scope that a person needs to resolve. */
export const RESOLVE_SCOPE = 'review:resolve';

/**
 * Behavior and options of the review desk. It takes one message at a time, to its end, so two people cannot
 * both resolve one decision.
 */
export function reviewDesk(
  ports: ReviewPorts,
  onRecorded: (entry: LedgerEntry) => void,
): {
  behavior: (
    state: undefined,
    message: ReviewMessage,
    ctx: ActorContext<ReviewMessage>,
  ) => Promise<undefined>;
  options: ActorOptions<undefined, ReviewMessage>;
} {
  const behavior = async (_state: undefined, message: ReviewMessage): Promise<undefined> => {
    if (message.type === 'list-held') message.replyTo.tell(await listHeld(ports, message));
    else message.replyTo.tell(await resolve(ports, message, onRecorded));
  };
  return {
    behavior,
    options: { behaviorName: 'review-desk', initialState: undefined, onCrash: () => 'reset' },
  };
}

async function listHeld(
  { index }: ReviewPorts,
  { tenant, page }: Extract<ReviewMessage, { type: 'list-held' }>,
): Promise<ReviewListReply> {
  try {
    const held = await index.list({ tenant, outcome: 'held', resolved: false }, page);
    const items = held.items.flatMap((row) => itemOf(row) ?? []);
    const answer: Page<ReviewItem> = { items, nextCursor: held.nextCursor };
    return { type: 'review-page', page: answer };
  } catch (error) {
    return { type: 'failed', error: toWitanError(error) };
  }
}

function itemOf({
  decisionId,
  type,
  heldReason,
  decidedAtWallMs,
  finalIndex,
}: IndexedDecision): ReviewItem | undefined {
  if (finalIndex === null || decidedAtWallMs === null) return undefined;
  return { decisionId, type, heldReason, decidedAt: new Date(decidedAtWallMs).toISOString(), finalIndex };
}

async function resolve(
  ports: ReviewPorts,
  message: Extract<ReviewMessage, { type: 'resolve' }>,
  onRecorded: (entry: LedgerEntry) => void,
): Promise<ResolveReply> {
  const { decisionId, principal, action, reason } = message;
  try {
    if (!principal.scopes.includes(RESOLVE_SCOPE)) {
      throw new WitanError('permission_denied', 'the caller may not resolve decisions', {
        expected: RESOLVE_SCOPE,
      });
    }
    const final = await resolvable(ports, message);
    const at = new Date(ports.clock.wallMs()).toISOString();
    const resolution = parseMessage(ResolutionPayload, {
      finalIndex: final.index,
      action,
      by: principal.id,
      reason,
      at,
    });
    const { entry } = await ports.ledger.append({
      kind: 'resolution',
      tenant: principal.tenant,
      decisionId,
      payload: resolution,
    });
    onRecorded(entry);
    ports.events.publish(decisionId, { type: 'resolution', action, by: principal.id, reason });
    return { type: 'resolved', resolution };
  } catch (error) {
    return { type: 'failed', error: toWitanError(error) };
  }
}

/** The final entry that the action fits. @throws not_found, conflict */
async function resolvable(
  { ledger }: ReviewPorts,
  { decisionId, principal, action }: Extract<ReviewMessage, { type: 'resolve' }>,
): Promise<LedgerEntry> {
  const entries = await ledger.byDecision(decisionId);
  const final = entries.find((entry) => entry.kind === 'final');
  if (entries[0]?.tenant !== principal.tenant) {
    throw new WitanError('not_found', 'there is no such decision', { decisionId });
  }
  if (!final) throw new WitanError('conflict', 'the decision is still open', { decisionId });
  if (entries.some((entry) => entry.kind === 'resolution')) {
    throw new WitanError('conflict', 'the decision is resolved already', { decisionId });
  }
  const { outcome } = verdictOf(final, ledger.logId).body;
  if (!fits(action, outcome)) {
    const expected = outcome === 'held' ? 'approve or reject' : 'override';
    throw new WitanError('conflict', `a decision that is ${outcome} cannot be resolved by ${action}`, {
      path: 'action',
      expected,
    });
  }
  return final;
}

/** A held decision is approved or rejected; one that was decided can only be overridden, with a reason. */
function fits(action: ResolutionPayload['action'], outcome: Outcome): boolean {
  return outcome === 'held' ? action !== 'override' : action === 'override';
}
