/** Arguments and help of `witan hold`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

const actions = () => import('../../actions/privacy/hold.ts');

/** Adds the commands. */
export function addHold(program: Command, register: Register): void {
  const hold = program
    .command('hold')
    .description('place, list and release legal holds')
    .addHelpText(
      'after',
      '\nExamples:\n  witan hold add --subject patient-81 --reason "court order 7"' +
        '\n  witan hold list --json\n  witan hold release h0123… --reason "the case is closed"',
    );
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  register(
    shared(hold.command('add'))
      .description('keep the data of a person or a decision from erasure')
      .option('--subject <name>', 'the person, as `subjects` of decisions names them')
      .option('--decision <id>', 'one decision')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText('after', '\nExamples:\n  witan hold add --subject patient-81 --reason "court order 7"'),
    async () => (await actions()).add,
  );
  register(
    shared(hold.command('list'))
      .description('list holds, newest first, with those that were released')
      .addHelpText('after', '\nExamples:\n  witan hold list\n  witan hold list --json'),
    async () => (await actions()).list,
  );
  register(
    shared(hold.command('release'))
      .description('end a hold; erasure has to be asked for again')
      .argument('<id>', 'id of the hold, as `witan hold list` shows it')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText('after', '\nExamples:\n  witan hold release h0123… --reason "the case is closed"'),
    async () => (await actions()).release,
  );
}
