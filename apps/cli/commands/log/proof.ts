/** Arguments and help of `witan proof`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addProof(program: Command, register: Register): void {
  const command = program
    .command('proof')
    .description('write a proof that a decision or an entry is on the record')
    .argument('<id or index>', 'id of a decision, or index of an entry in the log')
    .option('--tlog-proof', 'in the form of C2SP tlog-proof, with the cosignatures of witnesses')
    .option('--embed', 'carry the entry inside the .tlog-proof (extra data)')
    .option('--entry-out <file>', 'also write the bytes of the entry')
    .option('--out <file>', 'file to write (default: standard output)')
    .option('--data-dir <folder>', 'folder that holds the log (default .witan); no node needs to run')
    .option('--url <url>', 'ask a running node instead of the files')
    .addHelpText(
      'after',
      `
Examples:
  witan proof d0123456789abcdef0123456789abcdef --out proof.json
  witan proof d0123456789abcdef0123456789abcdef --tlog-proof --embed --out verdict.tlog-proof
  witan proof 271 --tlog-proof --out entry.tlog-proof --entry-out entry.json

Check it with: witan verify FILE --key KEY`,
    );
  register(command, async () => (await import('../../actions/log/proof.ts')).proof);
}
