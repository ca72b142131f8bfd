/** Arguments and help of `witan backup`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';
import { keyOptions, storeOptions } from './store-options.ts';

const actions = () => import('../../actions/store/backup.ts');

/** Adds the commands. */
export function addBackup(program: Command, register: Register): void {
  const backup = program
    .command('backup')
    .description('back a node up, list backups, restore a node to a time')
    .addHelpText(
      'after',
      '\nExamples:\n  witan backup create --to /mnt/backup --label "before 2.0"' +
        '\n  witan backup list --from /mnt/backup' +
        '\n  witan backup restore --from /mnt/backup --to /var/lib/witan --at 2026-11-20T12:00:00Z',
    );
  const prefix = (command: Command): Command =>
    command.option('--prefix <name>', 'first part of the names of objects (default: backup.prefix)');
  register(
    prefix(storeOptions(backup.command('create')))
      .description('make a point now, also while the node runs; it stays until you remove it')
      .option('--to <store>', 'folder or s3://bucket/prefix (default: backup.address)')
      .option('--label <text>', 'why it is made', ''),
    async () => (await actions()).create,
  );
  register(
    prefix(storeOptions(backup.command('list')))
      .description('points, oldest first, and why each is kept; needs no key')
      .option('--from <store>', 'folder or s3://bucket/prefix (default: backup.address)'),
    async () => (await actions()).list,
  );
  register(
    prefix(keyOptions(backup.command('restore')))
      .description('make a data folder from a backup: the log verified, files, keys that were not destroyed')
      .option('--from <store>', 'folder or s3://bucket/prefix (default: backup.address)')
      .requiredOption('--to <folder>', 'data folder that is made')
      .option('--at <time>', 'ISO 8601 with zone; default: as far as the backup reaches')
      .option('--log <name>', 'log that is meant, where the store holds several')
      .option('--key <hex or file>', 'public key that you trust; without it the one in the backup is taken'),
    async () => (await actions()).restore,
  );
}
