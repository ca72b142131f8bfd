/** Arguments and help of `witan index`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';
import { storeOptions } from './store-options.ts';

/** Adds the commands. */
export function addIndex(program: Command, register: Register): void {
  const index = program
    .command('index')
    .description('the database beside the log: an index, never the record');
  register(
    storeOptions(index.command('rebuild'))
      .description('empty the index of a stopped node and make it anew from the log')
      .addHelpText('after', '\nExamples:\n  witan index rebuild --data-dir /var/lib/witan'),
    async () => (await import('../../actions/store/index-rebuild.ts')).rebuild,
  );
}
