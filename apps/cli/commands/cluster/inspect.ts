/** Arguments and help of `witan cluster status`, `shards`, `advice`, `check` and `drain`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

const actions = () => import('../../actions/cluster/inspect.ts');

/** Adds the commands that ask a running node of its cluster. */
export function addInspect(cluster: Command, register: Register): void {
  const node = (name: string, description: string): Command =>
    cluster
      .command(name)
      .description(description)
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  register(
    node('status', 'members, what each owns, and who writes the record'),
    async () => (await actions()).status,
  );
  register(node('shards', 'the owner of each shard of decisions'), async () => (await actions()).shards);
  register(
    node('advice', 'how many nodes there should be, by their load').addHelpText(
      'after',
      '\nAdvice alone: nothing is started or stopped. Exit code 1 when it is another number than there are.',
    ),
    async () => (await actions()).advice,
  );
  register(
    node('check', 'what is wrong with the cluster').addHelpText(
      'after',
      '\nExit code 1 when something needs somebody; each finding says what to do.',
    ),
    async () => (await actions()).check,
  );
  register(
    node('drain', 'hand over what the node owns, before it is stopped').addHelpText(
      'after',
      '\nThe node answers readers until it is stopped; it takes nothing again before it is started again.',
    ),
    async () => (await actions()).drain,
  );
}
