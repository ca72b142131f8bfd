/** Arguments and help of `witan investigate`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

const actions = () => import('../../actions/audit/investigate.ts');

/** Adds the commands. */
export function addInvestigate(program: Command, register: Register): void {
  const investigate = program
    .command('investigate')
    .description('investigate decisions: timeline, parties, factors, evidence')
    .addHelpText(
      'after',
      '\nExamples:\n  witan investigate create d0123456789abcdef0123456789abcdef --reason "a complaint"' +
        '\n  witan investigate report i0123456789abcdef0123456789abcdef > report.md' +
        '\n  witan investigate export i0123456789abcdef0123456789abcdef --out evidence' +
        '\n  witan audit verify evidence --key verify-key.json',
    );
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  const one = (name: string, description: string): Command =>
    shared(investigate.command(name))
      .description(description)
      .argument('<id>', 'id of the investigation')
      .addHelpText('after', `\nExamples:\n  witan investigate ${name} i0123456789abcdef0123456789abcdef`);
  register(
    shared(investigate.command('create'))
      .description('open an investigation')
      .argument('[decision...]', 'ids of decisions')
      .option('--actor <id>', 'also the decisions of entries of this actor')
      .option('--from <time>', 'also the decisions of entries from this time on')
      .option('--to <time>', 'up to this time')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText(
        'after',
        '\nExamples:\n  witan investigate create d0123456789abcdef0123456789abcdef --reason "a complaint"' +
          '\n  witan investigate create --from 2026-11-21T09:00:00Z --to 2026-11-21T10:00:00Z' +
          ' --reason outage',
      ),
    async () => (await actions()).create,
  );
  register(one('show', 'show an investigation'), async () => (await actions()).show);
  register(one('report', 'print the report as Markdown'), async () => (await actions()).report);
  register(
    one('note', 'add a note').requiredOption('--text <text>', 'what to note; it is recorded'),
    async () => (await actions()).note,
  );
  register(
    one('close', 'close it').requiredOption('--conclusion <text>', 'what was found; it is recorded'),
    async () => (await actions()).close,
  );
  register(
    one('export', 'take the evidence; the record says who took it').option(
      '--out <folder or file.json>',
      'where to write it (default: a folder with the id as its name)',
    ),
    async () => (await actions()).take,
  );
}
