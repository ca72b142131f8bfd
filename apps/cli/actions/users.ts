/** `witan users`: people who sign in at a running node. */
import type { UserSetUp, UserView } from '../../../contracts/messages/identity/sign-in.ts';
import type { CommandRun } from '../command.ts';
import { nodeClient } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

/** `witan users create`: make a local user; print the link with which they set a password, once. */
export async function create(call: CommandRun): Promise<number> {
  const { role, tenant } = call.options as { role: string[]; tenant?: string };
  const client = nodeClient(call);
  const name = call.args[0]!;
  const user = await client.createUser({ name, roles: role, ...(tenant !== undefined && { tenant }) });
  showLink(call.terminal, user, client.pageUrl(user.path));
  return 0;
}

/** `witan users list`: list users, without their secrets. */
export async function list(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const users = await nodeClient(call).listUsers();
  for (const user of users) show(terminal, user);
  if (users.length === 0) terminal.line('no users');
  return 0;
}

/** `witan users disable`: keep a user out; their sessions end at once. */
export async function disable(call: CommandRun): Promise<number> {
  return keepOut(call, true);
}

/** `witan users enable`: let a user in again. */
export async function enable(call: CommandRun): Promise<number> {
  return keepOut(call, false);
}

async function keepOut(call: CommandRun, isDisabled: boolean): Promise<number> {
  show(call.terminal, await nodeClient(call).changeUser(call.args[0]!, 'disable', { isDisabled }));
  return 0;
}

/** `witan users set-password`. */
export async function setPassword(call: CommandRun): Promise<number> {
  const client = nodeClient(call);
  const user = await client.setUpUser(call.args[0]!);
  showLink(call.terminal, user, client.pageUrl(user.path));
  return 0;
}

/** `witan users reset-factor`: take the second factor of a user away; sessions end at once. */
export async function resetFactor(call: CommandRun): Promise<number> {
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
