/** What the actor that vouches for logs of others takes and gives. */
import type { AddCheckpoint } from '../../../../contracts/ledger/tlog/add-checkpoint.ts';
import type { ActorRef } from '../../../../runtime/kernel/index.ts';
import type { ForkEvidence } from '../../../../runtime/kernel/ports/witness/witness-store.ts';

/** Answer of a witness, as it goes out. @source C2SP tlog-witness */
export interface CosignerReply {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 503;
  /** Signature lines, the latest size, or a reason. */
  readonly text: string;
}

/** Messages of `/platform/audit/cosigner`. */
export type CosignerMessage =
  | {
      readonly type: 'add-checkpoint';
      readonly request: AddCheckpoint;
      readonly replyTo: ActorRef<CosignerReply>;
    }
  | { readonly type: 'fork-seen'; readonly evidence: ForkEvidence };
