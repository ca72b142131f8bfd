/** Arguments and help of `witan fsck`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addFsck(program: Command, register: Register): void {
  const command = program
    .command('fsck')
    .description('check a whole log from its bytes; changes nothing')
    .option('--data-dir <folder>', 'data folder, or the folder of the log (default .witan)')
    .option('--key <hex or file>', "public key that you trust (default: the data folder's verify-key.json)")
    .option('--deep', 'also every ballot, verdict and tally')
    .addHelpText(
      'after',
      `
Examples:
  witan fsck
  witan fsck --data-dir /backup/witan --key verify-key.json --deep
  witan fsck --json

The node may run meanwhile. Exit code 7 when anything is damaged; each damage with segment, offset, entry.`,
    );
  register(command, async () => (await import('../../actions/log/fsck.ts')).fsck);
}
