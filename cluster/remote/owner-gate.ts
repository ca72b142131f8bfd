/** The seam between remoting and what moves between nodes: who owns a path is asked before a message is read. */
import type { AnyRef, MessageOptions } from '../../runtime/kernel/index.ts';

/** Newest owner that a node knows: its generation, and where it is, if known. */
export interface NewerOwner {
  readonly generation: number;
  readonly node?: string | undefined;
}

/** A message that came back from a node that does not own its path: it was certainly not handled. */
export interface ReturnedLetter extends NewerOwner {
  readonly path: string;
  readonly message: unknown;
  /** As it was sent, sender or asker included. */
  readonly options: MessageOptions;
  /** Node that sent it back. */
  readonly from: string;
}

/** Decides on messages to paths below `prefix`. */
export interface OwnerGate {
  /** Ends in a slash. */
  readonly prefix: string;
  /**
   * Where a message goes that was sent to the owner of that generation; a {@link NewerOwner} sends it back.
   */
  decide(path: string, generation: number | undefined): { readonly ref: AnyRef | undefined } | NewerOwner;
  returned(letter: ReturnedLetter): void;
}
