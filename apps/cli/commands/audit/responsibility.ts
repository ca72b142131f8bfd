/** Arguments and help of `witan responsibility`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addResponsibility(program: Command, register: Register): void {
  const command = program
    .command('responsibility')
    .description('who made, approved and oversaw a decision, by which rules, and whom it affects')
    .argument('<id>', 'id of a decision')
    .option('--mermaid', 'as a Mermaid flowchart')
    .option('--dot', 'as a graph of Graphviz')
    .option('--url <url>', 'node to ask')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText(
      'after',
      '\nExamples:\n  witan responsibility d0123456789abcdef0123456789abcdef' +
        '\n  witan responsibility d0123456789abcdef0123456789abcdef --mermaid > who.mmd',
    );
  register(command, async () => (await import('../../actions/audit/responsibility.ts')).responsibility);
}
