/** What all cells of one system share; the parts of the kernel meet here instead of importing each other. */
import type { DeadLetterReason } from '../inspection-info.ts';
import type { Clock, Random, TimerHandle } from '../clock.ts';
import type { DeadLetterRing } from '../inspect/dead-letters.ts';
import type { EventFeed } from '../inspect/event-feed.ts';
import type { ReplyRef } from '../messaging/reply-ref.ts';
import type { TimerWheel } from '../messaging/timer-wheel.ts';
import type { TelemetryPort } from '../ports/telemetry.ts';
import type { AnyRef } from '../ref.ts';
import type { TreeEvent } from '../inspection-info.ts';
import type { Scheduler } from '../system-clock.ts';
import type { ActorSystemRef, StopReason } from '../actor.ts';
import type { Cell, SystemMessage, Turn } from './cell.ts';
import type { Dispatcher } from './dispatcher.ts';

/** Shared parts of one system. */
export interface Core {
  readonly name: string;
  readonly node: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly telemetry: TelemetryPort | undefined;
  readonly dispatcher: Dispatcher;
  readonly wheel: TimerWheel;
  readonly letters: DeadLetterRing;
  readonly events: EventFeed<TreeEvent>;
  readonly system: ActorSystemRef;
  readonly startedMs: number;
  readonly rootCell: Cell;
  /** Handlers whose promise is open, for the watchdog and for draining. */
  readonly openTurns: Set<Turn>;
  /** Work started by `pipeToSelf` that has not come back. */
  openPipes: number;
  /** Ends the listening to a signal, for open asks that have one. */
  readonly releases: Map<ReplyRef, () => void>;
  nextName: number;
  nextReplyId: number;
  nextMessageId: number;
  /** Set once `stop` was called: nothing new is started from outside. */
  draining: boolean;
  stopped: boolean;
  /** Records what was not handled and fails the ask behind it, if there is one. */
  deadLetter(recipient: DeadLetterRecipient, letter: LetterParts): void;
  /** Puts the cell into the run queue when it has something to do. */
  wake(cell: Cell): void;
  /** Starts the watchdog when a turn was opened. */
  turnOpened(turn: Turn): void;
  turnLeft(turn: Turn): void;
  /** Runs one system message of a cell. */
  handleSystem(cell: Cell, message: SystemMessage): void;
  /** Begins to stop a cell; nothing happens when it is stopping already. */
  stopCell(cell: Cell, reason: StopReason): void;
  /** Stops the children of a cell and gives it a fresh state. */
  resetCell(cell: Cell, cause: unknown): void;
  /** Goes on with a reset whose children are gone. */
  childrenStopped(cell: Cell): void;
  /** Calls `giveUp` when a stop has waited long enough for an open turn or `afterStop` of this cell. */
  startGrace(cell: Cell, giveUp: () => void): TimerHandle;
  /** Called when something ended that a drain may wait for. */
  noteQuiet(): void;
  /** A callback of a user failed where nothing depends on it. */
  callbackFailed(cell: Cell | undefined, callback: string, error: unknown): void;
}

/** Whom a dead letter was for. */
export type DeadLetterRecipient = AnyRef | string;

/** A message that was not handled. */
export interface LetterParts {
  readonly message: unknown;
  readonly origin: unknown;
  readonly reason: DeadLetterReason;
}
