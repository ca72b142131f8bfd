/** Arguments and help of `witan keyring`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

const actions = () => import('../actions/keyring.ts');

/** Adds the commands. */
export function addKeyring(program: Command, register: Register): void {
  const keyring = program
    .command('keyring')
    .description("history and passphrase of a node's signing keys")
    .addHelpText(
      'after',
      '\nExamples:\n  witan keyring history\n  witan keyring passphrase --new-passphrase-file next.txt',
    );
  const shared = (command: Command): Command =>
    command
      .option('--data-dir <folder>', "folder of the node's files (default .witan)")
      .option('--config <file>', 'JSON file of settings');
  register(
    shared(keyring.command('history'))
      .description('every key that the node ever had, without its secret; needs no passphrase')
      .addHelpText('after', '\nExamples:\n  witan keyring history\n  witan keyring history --json'),
    async () => (await actions()).history,
  );
  register(
    shared(keyring.command('passphrase'))
      .description('encrypt the key files of a stopped node under another passphrase')
      .option('--new-passphrase-file <file>', 'file whose first line is the new passphrase')
      .option('--plain', 'store them without encryption')
      .addHelpText(
        'after',
        '\nThe present passphrase comes from the settings (crypto.keyPassphraseFile or' +
          '\nWITAN_CRYPTO_KEY_PASSPHRASE); change them once this command is done.' +
          '\n\nExamples:\n  witan keyring passphrase --new-passphrase-file next.txt' +
          '\n  witan keyring passphrase --plain',
      ),
    async () => (await actions()).passphrase,
  );
}
