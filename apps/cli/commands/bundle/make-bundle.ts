/** Arguments and help of `witan bundle`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addBundle(program: Command, register: Register): void {
  const command = program
    .command('bundle')
    .description('write everything that proves a decision to one file: records, log, witnesses, chain')
    .argument('<id>', 'id of a decision')
    .option('--out <file>', 'file to write', 'bundle.json')
    .option('--url <url>', 'node to ask')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText(
      'after',
      `
Examples:
  witan bundle d0123456789abcdef0123456789abcdef
  witan bundle d0123456789abcdef0123456789abcdef --out loan-denial.json

Anyone checks it without this node: witan verify --offline bundle.json --key KEY, or the page /verify.html`,
    );
  register(command, async () => (await import('../../actions/bundle/make-bundle.ts')).makeBundle);
}
