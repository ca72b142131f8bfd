/** Arguments and help of `witan privacy`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

/** Adds the command. */
export function addPrivacy(program: Command, register: Register): void {
  const privacy = program
    .command('privacy')
    .description('what the record holds on a person')
    .addHelpText('after', '\nExamples:\n  witan privacy export --subject patient-81 --out patient-81.json');
  register(
    privacy
      .command('export')
      .description('give a person what the record holds on them; the record says who took it')
      .requiredOption('--subject <name>', 'the person, as `subjects` of decisions names them')
      .option('--out <file>', 'write all of it to a new file, as one JSON document')
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)")
      .addHelpText(
        'after',
        '\nExamples:\n  witan privacy export --subject patient-81 --out patient-81.json' +
          '\n  witan privacy export --subject patient-81 --json',
      ),
    async () => (await import('../../actions/privacy/export-subject.ts')).exportSubject,
  );
}
