/** `witan index`: the database beside the log. */
import type { Command } from 'commander';
import { rebuildIndex } from '../../../../index.ts';
import type { CommandRun, Register } from '../../command.ts';
import { commandSettings, dataFolder } from '../../running-node.ts';
import { bar, storeOptions } from './store-options.ts';

/** Adds the commands. */
export function addIndex(program: Command, register: Register): void {
  const index = program
    .command('index')
    .description('the database beside the log: an index, never the record');
  register(
    storeOptions(index.command('rebuild'))
      .description('empty the index of a stopped node and make it anew from the log')
      .addHelpText('after', '\nExamples:\n  witan index rebuild --data-dir /var/lib/witan'),
    rebuild,
  );
}

async function rebuild({ terminal, options }: CommandRun): Promise<number> {
  const settings = commandSettings(options);
  const onProgress = bar(terminal, 'indexing');
  const entryCount = await rebuildIndex({ settings, dataDir: dataFolder(options), onProgress });
  terminal.json({ entryCount });
  terminal.line(`${entryCount} entries indexed`);
  return 0;
}
