/** What a node knows of the others. */
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';

/** A member as this node sees it. */
export interface Member {
  readonly record: MemberRecord;
  /** Of the member's key, as last seen. */
  readonly revision: number;
  /** Of the key, when this node first saw it: of two runs of one node the later one is the newer. */
  readonly since?: number;
  /**
   * `well`; `slow`: its heart beats and its main loop is late; `silent`: its key did not change for longer
   * than it should. A silent member is not dead before its key says `gone`.
   */
  readonly condition: 'well' | 'slow' | 'silent';
}

/** The members that this node knows: itself included, those that are gone left out. */
export interface Members {
  readonly self: { readonly node: string; readonly incarnation: string };
  /** Sorted by node, then incarnation. */
  list(): readonly Member[];
  /** The newest living run of a node. */
  get(node: string): Member | undefined;
  /** Whether that very run lives, as far as is known here. */
  isLiving(node: string, incarnation: string): boolean;
  /** Called after each change of the list, its states or conditions; never for a mere renewal. */
  onChange(listener: () => void): () => void;
  /** Called once when a run is known to be over, before `onChange`. */
  onGone(listener: (node: string, incarnation: string) => void): () => void;
}
