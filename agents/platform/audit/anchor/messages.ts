/** What `/platform/audit/anchor` takes and answers. */
import type { WitanError } from '../../../../contracts/errors.ts';
import type { AnchorReceipt, AnchorStatus } from '../../../../contracts/messages/anchor.ts';
import type { ActorRef } from '../../../../runtime/kernel/index.ts';

/** Answers of the anchor. */
export type AnchorReply =
  | { readonly type: 'status'; readonly status: AnchorStatus }
  | { readonly type: 'receipt'; readonly receipt: AnchorReceipt }
  | { readonly type: 'failed'; readonly error: WitanError };

/** Mailbox of the anchor. */
export type AnchorMessage =
  | { readonly type: 'status'; readonly replyTo: ActorRef<AnchorReply> }
  /** Closes a batch of what waits, on every chain; answers at once with the status. */
  | { readonly type: 'now'; readonly replyTo: ActorRef<AnchorReply> }
  /** Receipt for one record; of the named chain, else of the first that has it. */
  | {
      readonly type: 'receipt';
      readonly origin: string;
      readonly index: number;
      readonly chain?: string | undefined;
      readonly replyTo: ActorRef<AnchorReply>;
    }
  /** It is time to look at one chain. */
  | { readonly type: 'turn'; readonly chain: string }
  | { readonly type: 'turned'; readonly chain: string };
