/** Arguments and help of `witan audit`. */
import type { Command } from 'commander';
import type { Register } from '../../command.ts';

const actions = () => import('../../actions/audit/audit.ts');

/** Adds the commands. */
export function addAudit(program: Command, register: Register): void {
  const audit = program
    .command('audit')
    .description('search, show and check entries of the record')
    .addHelpText(
      'after',
      '\nExamples:\n  witan audit search --action "decision.*" --limit 20' +
        '\n  witan audit search --text injection --from 2026-11-01T00:00:00Z --json' +
        '\n  witan audit show 16ee8b02-b33f-8fec-8000-000000000011 --proof --out entry.json' +
        '\n  witan audit verify entry.json --key verify-key.json' +
        '\n  witan audit verify evidence/ --key verify-key.json',
    );
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  register(
    shared(audit.command('search'))
      .description('list entries, newest first')
      .option('--from <time>', 'at or after, as 2026-11-21T00:00:00Z')
      .option('--to <time>', 'before')
      .option('--action <name>', 'action, or its beginning with * at the end')
      .option('--category <name>', 'decision, request, authentication, authorisation, security, …')
      .option('--actor <id>', 'who acted')
      .option('--decision <id>', 'entries of a decision')
      .option('--system <id>', 'system that the entry is about')
      .option('--text <words>', 'words of the action')
      .option('--limit <count>', 'entries at most, 1 to 200')
      .option('--cursor <text>', 'where the page before ended')
      .addHelpText('after', '\nExamples:\n  witan audit search --category security --limit 10'),
    async () => (await actions()).search,
  );
  register(
    shared(audit.command('show'))
      .description('give one entry, signed')
      .argument('<log id>', 'id of the entry, as `witan audit search` shows it')
      .option('--proof', 'with the record and its proof')
      .option('--out <file>', 'write it to a file instead of printing it')
      .addHelpText(
        'after',
        '\nExamples:\n  witan audit show 16ee8b02-b33f-8fec-8000-000000000011 --proof --out entry.json',
      ),
    async () => (await actions()).show,
  );
  register(
    audit
      .command('verify')
      .description('check an entry or a package of evidence offline, against a pinned key')
      .argument('<file or folder>', 'an entry, an entry with its record, or evidence of an investigation')
      .option('--key <hex or file>', "public key that you trust (default: the data folder's verify-key.json)")
      .option('--data-dir <folder>', "folder of the node's files (default .witan)")
      .addHelpText(
        'after',
        '\nExamples:\n  witan audit verify entry.json\n  witan audit verify evidence/ --key k.json',
      ),
    async () => (await actions()).verify,
  );
}
