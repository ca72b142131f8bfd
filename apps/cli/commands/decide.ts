/** Arguments and help of `witan decide`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addDecide(program: Command, register: Register): void {
  const command = program
    .command('decide')
    .description('submit decisions and watch the council deliberate')
    .argument('<file...>', 'JSON files, each one decision; - reads standard input')
    .option('--url <url>', 'node to ask (default: the one on the data folder, else the configured port)')
    .option('--local', 'deliberate in this process, without a running node')
    .option(
      '--key <hex or file>',
      "public key to check the record with (default: the data folder's verify-key.json)",
    )
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText(
      'after',
      `
Examples:
  witan decide examples/decisions/loan-denial.json
  witan decide --local examples/decisions/*.json
  echo '{"type":"chat","text":"Hello"}' | witan decide -

The exit code is that of the gravest outcome: 5 when one was rejected, else 6 when one was held, else 0.`,
    );
  register(command, async () => (await import('../actions/decide.ts')).decide);
}
