/** `witan users`: people who sign in at a running node. */
import type { Command } from 'commander';
import type { UserSetUp, UserView } from '../../../contracts/messages/identity/sign-in.ts';
import type { CommandRun, Register } from '../command.ts';
import { nodeClient } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

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
    create,
  );
  register(
    shared('list', 'list users, without their secrets').addHelpText(
      'after',
      '\nExamples:\n  witan users list\n  witan users list --json',
    ),
    list,
  );
  register(one('disable', 'keep a user out; their sessions end at once'), (call) => disable(call, true));
  register(one('enable', 'let a user in again'), (call) => disable(call, false));
  register(
    one('set-password', 'take the password of a local user away; print the link that sets another'),
    setPassword,
  );
  register(one('reset-factor', 'take the second factor of a user away; sessions end at once'), resetFactor);
}

async function create(call: CommandRun): Promise<number> {
  const { role, tenant } = call.options as { role: string[]; tenant?: string };
  const client = nodeClient(call);
  const name = call.args[0]!;
  const user = await client.createUser({ name, roles: role, ...(tenant !== undefined && { tenant }) });
  showLink(call.terminal, user, client.pageUrl(user.path));
  return 0;
}

async function list(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const users = await nodeClient(call).listUsers();
  for (const user of users) show(terminal, user);
  if (users.length === 0) terminal.line('no users');
  return 0;
}

async function disable(call: CommandRun, isDisabled: boolean): Promise<number> {
  show(call.terminal, await nodeClient(call).changeUser(call.args[0]!, 'disable', { isDisabled }));
  return 0;
}

async function setPassword(call: CommandRun): Promise<number> {
  const client = nodeClient(call);
  const user = await client.setUpUser(call.args[0]!);
  showLink(call.terminal, user, client.pageUrl(user.path));
  return 0;
}

async function resetFactor(call: CommandRun): Promise<number> {
  show(call.terminal, await nodeClient(call).changeUser(call.args[0]!, 'reset-factor', {}));
  return 0;
}

/** The one time that the link is seen. */
function showLink(terminal: Terminal, user: UserSetUp, link: string): void {
  terminal.json({ ...user, link });
  terminal.line(link);
  terminal.note(`sets the password of ${user.id} once, until ${user.endsAt}; it is not shown again`);
}

function show(terminal: Terminal, user: UserView): void {
  const { paint } = terminal;
  terminal.json(user);
  const state = paint(user.state === 'active' ? 'good' : 'warn', user.state.padEnd(8));
  const factor = user.hasSecondFactor ? 'second factor' : 'no second factor';
  const rest = paint('soft', `${factor}, ${user.sessionCount} sessions`);
  terminal.line(`${user.id}  ${state} ${user.tenant}  ${user.roles.join(' ')}  ${rest}`);
}
