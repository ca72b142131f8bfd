/** Arguments and help of `witan hammer`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addHammer(program: Command, register: Register): void {
  const command = program
    .command('hammer')
    .description('load a log with many producers and check every proof meanwhile')
    .option('--url <url>', 'load a running node through its doors (key in WITAN_API_KEY; needs log:read)')
    .option('--folder <folder>', 'load a fresh log in this folder; it stays (default: a temporary one)')
    .option('--seconds <n>', 'how long', '10')
    .option('--producers <n>', 'entries that wait for their receipt at once', '64')
    .option('--readers <n>', 'readers that prove random entries from tiles', '2')
    .option('--length <n>', 'characters of one entry', '200')
    .addHelpText(
      'after',
      `
Examples:
  witan hammer --seconds 5
  witan hammer --url http://127.0.0.1:8470 --producers 16

Exit code 7 when an acknowledged entry is not where its receipt says, or a checkpoint extends no other.`,
    );
  register(command, async () => (await import('../../actions/log/hammer.ts')).hammer);
}
