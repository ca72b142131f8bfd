/** The transaction that anchors an entry, as far as the anchor of this node knows one. */
import type { AnchorMessage, AnchorReply } from '../../../../agents/platform/audit/anchor/messages.ts';
import { query } from '../../../kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../kernel/index.ts';
import { ANCHOR_PATH } from '../anchor/lane-sources.ts';

/** A reader waits no longer for a chain; the entry is as true without its transaction. */
const ASK_MS = 3_000;

/** Hash of the transaction; null: not anchored, no anchor here, or it does not answer in time. */
export async function anchorTransaction(
  system: ActorSystem,
  { origin, index }: { readonly origin: string; readonly index: number },
): Promise<string | null> {
  const anchor = system.find(ANCHOR_PATH) as ActorRef<AnchorMessage> | undefined;
  if (!anchor) return null;
  try {
    const reply = await query(
      anchor,
      (replyTo: ActorRef<AnchorReply>) => ({
        type: 'receipt' as const,
        origin,
        index,
        chain: undefined,
        replyTo,
      }),
      { timeoutMs: ASK_MS, via: system },
    );
    return reply.type === 'receipt' ? reply.receipt.txHash : null;
  } catch {
    return null;
  }
}
