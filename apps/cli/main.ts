/** Runs `witan`: parses arguments, runs one command, leaves with its exit code. */
import { CommanderError } from 'commander';
import { witanProgram } from './program.ts';

try {
  await witanProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed the help or the fault already.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
