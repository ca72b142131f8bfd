/** Arguments and help of `witan cluster dead-letters`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

const actions = () => import('../../actions/cluster/dead-letters.ts');

/** Adds the commands. */
export function addDeadLetters(cluster: Command, register: Register): void {
  const letters = cluster
    .command('dead-letters')
    .description('messages between nodes that were given up')
    .addHelpText(
      'after',
      '\nExamples:\n  witan cluster dead-letters list' +
        '\n  witan cluster dead-letters replay ballot-notices <id>',
    );
  const command = (name: string, description: string): Command =>
    letters
      .command(name)
      .description(description)
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  const ofOne = (name: string, description: string): Command =>
    command(name, description).argument('<queue>', 'queue that it is of').argument('<id>', 'its id');
  register(command('list', 'what was given up, and why'), async () => (await actions()).list);
  register(ofOne('show', 'one with its content'), async () => (await actions()).show);
  register(
    ofOne('replay', 'send one again, once its cause is mended').addHelpText(
      'after',
      '\nWhat took effect before takes none again. The order goes on the record.',
    ),
    async () => (await actions()).replay,
  );
  register(
    ofOne('drop', 'remove one for good').addHelpText('after', '\nThe order goes on the record.'),
    async () => (await actions()).drop,
  );
}
