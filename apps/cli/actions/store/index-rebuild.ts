/** `witan index`: the database beside the log. */
import { rebuildIndex } from '../../../../index.ts';
import type { CommandRun } from '../../command.ts';
import { commandSettings, dataFolder } from '../../running-node.ts';
import { bar } from './store-place.ts';

/** `witan index rebuild`: empty the index of a stopped node and make it anew from the log. */
export async function rebuild({ terminal, options }: CommandRun): Promise<number> {
  const settings = commandSettings(options);
  const onProgress = bar(terminal, 'indexing');
  const entryCount = await rebuildIndex({ settings, dataDir: dataFolder(options), onProgress });
  terminal.json({ entryCount });
  terminal.line(`${entryCount} entries indexed`);
  return 0;
}
