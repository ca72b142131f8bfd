/** Arguments and help of `witan doctor`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addDoctor(program: Command, register: Register): void {
  const command = program
    .command('doctor')
    .description('check this machine, the data folder, the log and the ports')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .option('--config <file>', 'JSON file of settings')
    .addHelpText('after', '\nExamples:\n  witan doctor\n  witan doctor --data-dir /var/lib/witan --json');
  register(command, async () => (await import('../actions/doctor.ts')).doctor);
}
