/** Arguments and help of `witan anchor`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

const actions = () => import('../actions/anchor.ts');

/** Adds the commands. */
export function addAnchor(program: Command, register: Register): void {
  const anchor = program
    .command('anchor')
    .description('roots of the log on chains')
    .addHelpText('after', '\nExamples:\n  witan anchor status\n  witan anchor now\n  witan anchor receipt 0');
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  register(
    shared(anchor.command('status'))
      .description('what is anchored, what waits, what it cost today, and what is in the way')
      .addHelpText('after', '\nExamples:\n  witan anchor status\n  witan anchor status --json'),
    async () => (await actions()).status,
  );
  register(
    shared(anchor.command('now'))
      .description('close a batch of what waits; it is sent next')
      .addHelpText('after', '\nExamples:\n  witan anchor now && witan anchor status'),
    async () => (await actions()).now,
  );
  register(
    shared(anchor.command('receipt'))
      .argument('<id or index>', 'id of a decision, or index of an entry')
      .description('the receipt of the anchor that covers an entry; it is checked offline')
      .option('--chain <name>', 'chain by its name (default: the first that has one)')
      .option('--out <file>', 'write it to a file instead of printing it')
      .addHelpText(
        'after',
        '\nExamples:\n  witan anchor receipt 12 --out anchor.json' +
          '\n  witan anchor receipt d0123456789abcdef0123456789abcdef --chain mainnet',
      ),
    async () => (await actions()).receipt,
  );
}
