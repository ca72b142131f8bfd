/** Arguments and help of `witan verify`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

/** Adds the command. */
export function addVerify(program: Command, register: Register): void {
  const command = program
    .command('verify')
    .description('check a recorded decision: records, signatures, tally, log')
    .argument('<id or file>', 'id of a decision, or the file of a proof or a bundle')
    .option('--key <hex or file>', "public key that you trust (default: the data folder's verify-key.json)")
    .option(
      '--policy <file>',
      'of a bundle or .tlog-proof: logs, witnesses and quorum that you trust (C2SP tlog-policy)',
    )
    .option('--offline', 'a file alone is checked: no node and no data folder is asked')
    .option(
      '--chain <id:address>',
      'of a bundle: chain and contract that you trust; an anchor there is demanded',
    )
    .option('--block <hash>', 'of a bundle: block of that chain, from a source of your own')
    .option('--entry <file>', 'of a .tlog-proof: bytes of the entry, where the proof does not carry them')
    .option('--data-dir <folder>', 'folder that holds the log (default .witan); no node needs to run')
    .option('--url <url>', 'fetch the proof from a node instead of the log')
    .option('--out <file>', 'also write the proof to a file')
    .addHelpText(
      'after',
      `
Examples:
  witan verify d0123456789abcdef0123456789abcdef
  witan verify proof.json --key 8f0c…64 hex digits
  witan verify --offline bundle.json --key verify-key.json --policy trust-policy.txt
  witan verify --offline bundle.json --key 8f0c… --chain 1:0x5fbd…40 hex digits --block 0x91…64 hex digits
  witan verify verdict.tlog-proof --policy trust-policy.txt
  witan verify d0123456789abcdef0123456789abcdef --data-dir /backup/witan --key verify-key.json

Nothing in the proof is trusted: only the key that you name. When it fails: exit code 7, and the mismatch.`,
    );
  register(command, async () => (await import('../actions/verify.ts')).verify);
}
