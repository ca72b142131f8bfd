/** Arguments and help of `witan keys`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

const actions = () => import('../actions/keys.ts');

/** Adds the commands. */
export function addKeys(program: Command, register: Register): void {
  const keys = program
    .command('keys')
    .description('make, list, rotate and end API keys of a running node')
    .addHelpText(
      'after',
      '\nThe key that these commands use themselves stands in the variable WITAN_API_KEY; on the machine of' +
        '\nthe node none is needed unless identity.trustLoopback is off.' +
        '\n\nExamples:\n  witan keys bootstrap' +
        '\n  witan keys create --tenant acme --role submitter --label shop' +
        '\n  witan keys list --json\n  witan keys rotate 0123456789abcdef --grace-hours 48' +
        '\n  witan keys revoke 0123456789abcdef --reason "left in a log"',
    );
  const shared = (command: Command): Command =>
    command
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  register(addBootstrap(shared(keys.command('bootstrap'))), async () => (await actions()).bootstrap);
  register(addCreate(shared(keys.command('create'))), async () => (await actions()).create);
  register(
    shared(keys.command('list'))
      .description('list keys, oldest first, without their secrets')
      .addHelpText('after', '\nExamples:\n  witan keys list\n  witan keys list --json'),
    async () => (await actions()).list,
  );
  register(addRotate(shared(keys.command('rotate'))), async () => (await actions()).rotate);
  register(
    shared(keys.command('revoke'))
      .description('end a key at once')
      .argument('<id>', 'id of the key, as `witan keys list` shows it')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText('after', '\nExamples:\n  witan keys revoke 0123456789abcdef --reason "left in a log"'),
    async () => (await actions()).revoke,
  );
}

function addBootstrap(command: Command): Command {
  return command
    .description('make the first administrator’s key, once; print it')
    .option('--token <text>', 'one-time token (default: the file bootstrap-token of the data folder)')
    .addHelpText(
      'after',
      '\nExamples:\n  witan keys bootstrap\n  witan keys bootstrap --url https://node:8470 --token "$TOKEN"',
    );
}

function addCreate(command: Command): Command {
  return command
    .description('make a key; print it')
    .option('--tenant <name>', 'whose key (default: your own tenant)')
    .option('--role <name...>', 'roles: reader, submitter, reviewer, operator, administrator, agent')
    .option('--scope <name...>', 'scopes besides those of the roles, as decision:submit')
    .option('--label <text>', 'what you call it')
    .option('--days <count>', 'life (default: identity.keyLifeDays)')
    .addHelpText(
      'after',
      '\nExamples:\n  witan keys create --role submitter --label shop' +
        '\n  witan keys create --tenant acme --scope decision:submit decision:read --days 30 --json',
    );
}

function addRotate(command: Command): Command {
  return command
    .description('make the successor of a key; both work until the grace time is over')
    .argument('<id>', 'id of the key, as `witan keys list` shows it')
    .option('--grace-hours <count>', 'time in which both work (default: identity.keyGraceMs)')
    .addHelpText('after', '\nExamples:\n  witan keys rotate 0123456789abcdef --grace-hours 48');
}
