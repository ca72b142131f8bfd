/** What the actor that has the log's checkpoints witnessed takes and gives. */
import type { ActorRef } from '../../../../runtime/kernel/index.ts';
import type { LedgerCheckpoint } from '../../../../runtime/kernel/ports/ledger.ts';
import type { RoundResult } from './witness-round.ts';

/** A checkpoint as the log shows it to everyone. */
export interface PublishedCheckpoint extends LedgerCheckpoint {
  /** Names in the policy of the witnesses whose cosignatures stand on its note. */
  readonly witnesses: readonly string[];
  /** Whether they are enough for the policy; true where none are asked for. */
  readonly hasQuorum: boolean;
}

/** One witness as it stands. */
export interface WitnessStatus {
  readonly name: string;
  readonly url: string;
  /** Size that it vouched for last; null: not known. */
  readonly size: number | null;
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** Why it did not vouch the last time; null: it did. */
  readonly fault: string | null;
}

/** How the log stands with its witnesses. */
export interface WitnessReport {
  readonly published: PublishedCheckpoint;
  readonly quorum: string | null;
  readonly hasQuorum: boolean;
  readonly witnesses: readonly WitnessStatus[];
}

/** Messages of `/platform/audit/witness`. */
export type WitnessMessage =
  /** Looks whether there is something to publish. */
  | { readonly type: 'look' }
  | { readonly type: 'round-ended'; readonly result: PromiseSettledResult<RoundResult> }
  /** Answers with a published checkpoint of at least `size` entries, or with an error at `unavailable`. */
  | {
      readonly type: 'published';
      readonly size: number;
      readonly replyTo: ActorRef<PublishedCheckpoint>;
    }
  /** Answers when `size` entries have a quorum, or when the asker gives up. */
  | { readonly type: 'await-quorum'; readonly size: number; readonly replyTo: ActorRef<PublishedCheckpoint> }
  | { readonly type: 'report'; readonly replyTo: ActorRef<WitnessReport> };
