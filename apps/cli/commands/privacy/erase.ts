/** Arguments and help of `witan erase`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addErase(program: Command, register: Register): void {
  const command = program
    .command('erase')
    .description('erase what the record holds of a person or a decision; proofs stay valid')
    .option('--subject <name>', 'the person, as `subjects` of decisions names them')
    .option('--decision <id>', 'one decision')
    .requiredOption('--reason <text>', 'why; it stands in the certificate and on the record')
    .option('--approver <name>', 'who approved it (default: you)')
    .option('--out <file>', 'write the certificate to a file')
    .option('--url <url>', 'node to ask')
    .option('--data-dir <folder>', "folder of the node's files (default .witan)")
    .addHelpText(
      'after',
      '\nExamples:\n  witan erase --subject patient-81 --reason "request of 3 May" --approver dpo' +
        '\n  witan erase --decision d0123456789abcdef0123456789abcdef --reason "wrong person" --json',
    );
  register(command, async () => (await import('../../actions/privacy/erase.ts')).erase);
}
