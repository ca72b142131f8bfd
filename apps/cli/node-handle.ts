/** What commands need of a node, wherever it runs: another process over HTTP, or this one. */
import type { DecisionProof, PinnedKey } from '../../contracts/messages/decision-proof.ts';
import type { DecisionView } from '../../contracts/messages/decision-view.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';

/** What a follower sees: an event, the whole decision when its stream is over, or a loss. */
export type Followed =
  | { readonly kind: 'event'; readonly event: DecisionEvent }
  | { readonly kind: 'snapshot'; readonly view: DecisionView }
  | { readonly kind: 'gap'; readonly resumeAfter: number }
  | { readonly kind: 'reconnecting'; readonly attempt: number };

/** A node that commands talk to. */
export interface NodeHandle {
  /** Resolves with the id once the decision is accepted. `body` is the JSON text as it was read. */
  submit(body: Uint8Array<ArrayBuffer>): Promise<string>;
  /** Ends by itself only when the decision is over and nothing more can come. */
  follow(decisionId: string): AsyncIterable<Followed>;
  readDecision(decisionId: string): Promise<DecisionView>;
  proof(decisionId: string): Promise<DecisionProof>;
  /** Key of the node's own log, when this process may trust it; null for a node that is only spoken to. */
  ownKey(): PinnedKey | null;
  close(): Promise<void>;
}
