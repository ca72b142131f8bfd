/** Options that the commands of archives and backups share. */
import type { Command } from 'commander';

/** Options of every command that reads or writes a store. */
export function storeOptions(command: Command): Command {
  return command
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .option('--config <file>', 'JSON file of settings');
}

/** Options of commands that open what is encrypted. */
export function keyOptions(command: Command): Command {
  return storeOptions(command)
    .option('--archive-key <file>', "key of the archive (default: the data folder's keys/archive-key.json)")
    .option('--passphrase-file <file>', 'file whose first line is the passphrase of that key');
}
