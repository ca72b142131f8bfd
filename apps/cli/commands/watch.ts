/** Arguments and help of `witan watch`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addWatch(program: Command, register: Register): void {
  const command = program
    .command('watch')
    .description('follow one decision, or all of them, live')
    .argument('[id]', 'decision to follow; without it every decision is followed until interrupted')
    .option('--url <url>', 'node to ask')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText(
      'after',
      '\nExamples:\n  witan watch\n  witan watch d0123456789abcdef0123456789abcdef --json',
    );
  register(command, async () => (await import('../actions/watch.ts')).watch);
}
