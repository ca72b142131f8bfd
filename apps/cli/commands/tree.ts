/** Arguments and help of `witan tree`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addTree(program: Command, register: Register): void {
  const command = program
    .command('tree')
    .description('draw the live actors of a node')
    .option('--url <url>', 'node to ask')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText('after', '\nExamples:\n  witan tree\n  witan tree --json');
  register(command, async () => (await import('../actions/tree.ts')).tree);
}
