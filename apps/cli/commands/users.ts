/** Arguments and help of `witan users`. */
import type { Command } from 'commander';
import type { Register } from '../command.ts';

const actions = () => import('../actions/users.ts');

/** Adds the commands. */
export function addUsers(program: Command, register: Register): void {
  const users = program
    .command('users')
    .description('make, list and keep out people who sign in at a running node')
    .addHelpText(
      'after',
      '\nUsers with passwords need the setting signIn.localUsers; those of a provider appear once they have' +
        '\nsigned in. The key that these commands use themselves stands in the variable WITAN_API_KEY.' +
        '\n\nExamples:\n  witan users create ann --tenant acme --role reviewer\n  witan users list --json' +
        '\n  witan users disable user:local/ann\n  witan users reset-factor user:local/ann',
    );
  const shared = (name: string, description: string): Command =>
    users
      .command(name)
      .description(description)
      .option('--url <url>', 'node to ask')
      .option('--data-dir <folder>', "folder of the node's files (default .witan)");
  const one = (name: string, description: string): Command =>
    shared(name, description)
      .argument('<id>', 'id of the user, as `witan users list` shows it')
      .addHelpText('after', `\nExamples:\n  witan users ${name} user:local/ann`);
  register(
    shared('create', 'make a local user; print the link with which they set a password, once')
      .argument('<name>', 'lower-case letters, digits, . _ @ -')
      .requiredOption(
        '--role <name...>',
        'roles: reader, submitter, reviewer, operator, administrator, agent',
      )
      .option('--tenant <name>', 'whose user (default: your own tenant)')
      .addHelpText('after', '\nExamples:\n  witan users create ann --tenant acme --role reviewer'),
    async () => (await actions()).create,
  );
  register(
    shared('list', 'list users, without their secrets').addHelpText(
      'after',
      '\nExamples:\n  witan users list\n  witan users list --json',
    ),
    async () => (await actions()).list,
  );
  register(
    one('disable', 'keep a user out; their sessions end at once'),
    async () => (await actions()).disable,
  );
  register(one('enable', 'let a user in again'), async () => (await actions()).enable);
  register(
    one('set-password', 'take the password of a local user away; print the link that sets another'),
    async () => (await actions()).setPassword,
  );
  register(
    one('reset-factor', 'take the second factor of a user away; sessions end at once'),
    async () => (await actions()).resetFactor,
  );
}
