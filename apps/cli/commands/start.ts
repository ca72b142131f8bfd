/** Arguments and help of `witan start`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addStart(program: Command, register: Register): void {
  const command = program
    .command('start')
    .description('start a node and serve it until interrupted')
    .option('--port <number>', 'port of the HTTP door; 0 takes a free one')
    .option('--host <address>', 'address that the HTTP door binds (default: loopback only)')
    .option('--data-dir <folder>', 'folder of everything that the node writes (default .witan)')
    .option('--chain', 'run a dev chain with the contracts on it (installs its tools once)')
    .option('--memory', 'write nothing: all is gone when the node ends')
    .option('--config <file>', 'JSON file of settings')
    .option('--verbose', 'write the log to standard error')
    .addHelpText(
      'after',
      `
Examples:
  witan start
  witan start --port 0 --memory
  WITAN_HTTP_PORT=9000 witan start --data-dir /var/lib/witan`,
    );
  register(command, async () => (await import('../actions/start.ts')).start);
}
