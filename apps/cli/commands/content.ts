/** Arguments and help of `witan content`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

const actions = () => import('../actions/content.ts');

/** Adds the commands. */
export function addContent(program: Command, register: Register): void {
  const content = program
    .command('content')
    .description('register, verify and mark content')
    .addHelpText(
      'after',
      '\nExamples:\n  witan content register report.txt --model writer-1\n  witan content verify report.txt' +
        '\n  witan content watermark photo.png --out marked.png',
    );
  const made = (command: Command, example: string): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)")
      .addHelpText('after', `\nExample:\n  witan content ${example}`);
  const registering = content
    .command('register')
    .description('put the hash and metadata of a file on the record, and on the chain of the node')
    .argument('<file>', 'file that is registered')
    .requiredOption('--model <id>', 'model that made it')
    .option('--model-version <text>', 'version of the model')
    .option('--created <time>', 'when it was made, ISO 8601 (default: now)')
    .option('--parameters <file>', 'JSON file with the parameters of generation')
    .option('--creator <text>', 'who made it; stays off the chain')
    .option('--parent <hash...>', 'registered contents that it is made from')
    .option('--digest', 'send the hash alone, not the bytes')
    .option('--store', 'let the node keep the bytes')
    .option('--certify', 'issue a certificate at once');
  register(
    made(registering, 'register report.txt --model writer-1 --store'),
    async () => (await actions()).registerFile,
  );
  const verifying = content
    .command('verify')
    .description('what log, chain, certificates and watermarks know; exit code 3: nothing, 7: they disagree')
    .argument('<file or hash>', WHICH);
  register(made(verifying, 'verify report.txt --json'), async () => (await actions()).verify);
  const tracing = content
    .command('provenance')
    .description('what content was made from, and what was made from it')
    .argument('<file or hash>', WHICH);
  register(made(tracing, 'provenance report.txt'), async () => (await actions()).provenance);
  const marking = content
    .command('watermark')
    .description('add an invisible watermark to a text, a PNG or a JPEG; docs/proof.md says what it survives')
    .argument('<file>', 'file that is marked')
    .requiredOption('--out <file>', 'where the marked copy is written');
  register(made(marking, 'watermark photo.png --out marked.png'), async () => (await actions()).watermark);
  const certifying = content
    .command('certificate')
    .description('issue a certificate over registered content, list them, or revoke one')
    .argument('<file or hash>', WHICH)
    .option('--list', 'only list')
    .option('--days <count>', 'days until it ends; 0: never')
    .option('--revoke <id>', 'revoke this one')
    .option('--reason <text>', 'why it is revoked; it is recorded');
  register(made(certifying, 'certificate report.txt --days 90'), async () => (await actions()).certificate);
  const exporting = content
    .command('export')
    .description('write kept content as a CAR v1 file, under its IPFS content id')
    .argument('<file or hash>', WHICH)
    .requiredOption('--car <file>', 'where the CAR file is written');
  register(made(exporting, 'export report.txt --car report.car'), async () => (await actions()).exportCar);
}

const WHICH = 'a file, or the SHA-256 of its bytes';
