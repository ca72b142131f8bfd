/** Arguments and help of `witan archive`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';
import { keyOptions, storeOptions } from './store-options.ts';

const actions = () => import('../../actions/store/archive.ts');

/** Adds the commands. */
export function addArchive(program: Command, register: Register): void {
  const archive = program
    .command('archive')
    .description('long-term storage of the record: verify, restore, cost, run')
    .addHelpText(
      'after',
      '\nExamples:\n  witan archive verify --from s3://bucket/witan --key verify-key.json' +
        '\n  witan archive restore --from /mnt/archive --to /var/lib/witan --key verify-key.json' +
        '\n  witan archive cost\n  witan archive run',
    );
  const from = (command: Command): Command =>
    command
      .option('--from <store>', 'folder or s3://bucket/prefix (default: the archive of the settings)')
      .option('--prefix <name>', 'first part of the names of objects (default: archive.prefix)');
  const pinned = (command: Command): Command =>
    from(keyOptions(command)).option(
      '--key <hex or file>',
      "public key that you trust (default: the data folder's)",
    );
  register(
    pinned(archive.command('verify'))
      .description('check an archive from its objects alone: every entry, chain, tree, signatures')
      .addHelpText(
        'after',
        '\nExit code 7 when anything is wrong; the object, and its byte or entry, is named.',
      ),
    async () => (await actions()).verify,
  );
  register(
    pinned(archive.command('restore'))
      .description('make a data folder with the archived log in it; keys of the node are in backups alone')
      .requiredOption('--to <folder>', 'data folder that is made'),
    async () => (await actions()).restore,
  );
  register(
    from(storeOptions(archive.command('cost'))).description('what the archive costs in a month, by tier'),
    async () => (await actions()).cost,
  );
  register(
    storeOptions(archive.command('lifecycle'))
      .description('lifecycle rules of the bucket, for `aws s3api put-bucket-lifecycle-configuration`')
      .option('--prefix <name>', 'first part of the names of objects (default: archive.prefix)'),
    async () => (await actions()).lifecycle,
  );
  const node = (command: Command): Command => storeOptions(command).option('--url <url>', 'node to ask');
  register(
    node(archive.command('status')).description('how a running node’s archive stands'),
    async () => (await actions()).status,
  );
  register(
    node(archive.command('run'))
      .description('write what is new, now; resolves when it is confirmed')
      .option('--job <name>', 'batch, replica or backup', 'batch'),
    async () => (await actions()).run,
  );
  addKeyCommands(archive, register);
}

function addKeyCommands(archive: Command, register: Register): void {
  register(
    storeOptions(archive.command('key'))
      .description('copy the key of the archive to a safe place: without it nothing can be restored')
      .requiredOption(
        '--out <file>',
        'file that is made; protected by the passphrase of the node, if it has one',
      ),
    async () => (await actions()).saveKey,
  );
  register(
    storeOptions(archive.command('rotate-key'))
      .description('make a new key for what is stored from now on; the node must not run')
      .addHelpText(
        'after',
        '\nWhat lies under the keys before stays readable. Save the key again with `witan archive key`:' +
          '\na copy from before opens nothing that is stored after.' +
          '\n\nExamples:\n  witan archive rotate-key\n  witan archive rotate-key --json',
      ),
    async () => (await actions()).rotateKey,
  );
}
