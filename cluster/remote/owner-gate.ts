/** The seam between remoting and what moves: who owns a path is asked before a message is read. */
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
   * Where a message goes; a {@link NewerOwner} sends it back unread. What the sender knows of owners is in
   * the path.
   */
  decide(path: string): { readonly ref: AnyRef | undefined } | NewerOwner;
  /** Address here of a path that says nothing of owners; undefined: the path is one of its node. */
  refOf(path: string): AnyRef | undefined;
  returned(letter: ReturnedLetter): void;
}
