/** Form of one command of the command line. */
import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** What a command is given; it returns its exit code (architecture §8). */
export interface CommandRun {
  readonly terminal: Terminal;
  /** Options of the command and those that all commands share. */
  readonly options: Record<string, unknown>;
  readonly args: readonly string[];
}

/** What a command does. */
export type Action = (call: CommandRun) => Promise<number>;

/**
 * Adds the action of a command: terminal, interrupt, errors and exit code are the same for all. The action
 * is loaded when the command is called, so that a command waits only for what it needs itself.
 */
export type Register = (command: Command, load: () => Promise<Action>) => void;
