/** `witan keys`: API keys of a running node. */
import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type { ApiKeyView, MadeApiKey } from '../../../contracts/messages/identity/keys.ts';
import type { CommandRun, Register } from '../command.ts';
import { dataFolder, nodeClient } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

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
  register(addBootstrap(shared(keys.command('bootstrap'))), bootstrap);
  register(addCreate(shared(keys.command('create'))), create);
  register(
    shared(keys.command('list'))
      .description('list keys, oldest first, without their secrets')
      .addHelpText('after', '\nExamples:\n  witan keys list\n  witan keys list --json'),
    list,
  );
  register(addRotate(shared(keys.command('rotate'))), rotate);
  register(
    shared(keys.command('revoke'))
      .description('end a key at once')
      .argument('<id>', 'id of the key, as `witan keys list` shows it')
      .requiredOption('--reason <text>', 'why; it is recorded')
      .addHelpText('after', '\nExamples:\n  witan keys revoke 0123456789abcdef --reason "left in a log"'),
    revoke,
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

async function bootstrap(call: CommandRun): Promise<number> {
  const { options } = call;
  const given = options['token'] as string | undefined;
  // Whoever can read the folder of the node is its owner; elsewhere the token has to be named.
  const token = given ?? (options['url'] === undefined ? tokenIn(dataFolder(options)) : undefined);
  show(call.terminal, await nodeClient(call).bootstrap(token));
  return 0;
}

async function create(call: CommandRun): Promise<number> {
  const { tenant, role, scope, label, days } = call.options as {
    tenant?: string;
    role?: string[];
    scope?: string[];
    label?: string;
    days?: string;
  };
  const key = await nodeClient(call).createKey({
    ...(tenant !== undefined && { tenant }),
    ...(label !== undefined && { label }),
    ...(role !== undefined && { roles: role }),
    ...(scope !== undefined && { scopes: scope }),
    ...(days !== undefined && { lifeDays: wholeNumber('--days', days) }),
  });
  show(call.terminal, key);
  return 0;
}

async function list(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const keys = await nodeClient(call).listKeys();
  for (const key of keys) {
    terminal.json(key);
    terminal.line(describe(key, terminal.paint));
  }
  if (keys.length === 0) terminal.line('no keys');
  return 0;
}

async function rotate(call: CommandRun): Promise<number> {
  const hours = call.options['graceHours'] as string | undefined;
  const graceMs = hours === undefined ? undefined : wholeNumber('--grace-hours', hours) * 3_600_000;
  const key = await nodeClient(call).rotateKey(call.args[0]!, graceMs === undefined ? {} : { graceMs });
  show(call.terminal, key);
  return 0;
}

async function revoke(call: CommandRun): Promise<number> {
  const key = await nodeClient(call).revokeKey(call.args[0]!, call.options['reason'] as string);
  call.terminal.json(key);
  call.terminal.line(describe(key, call.terminal.paint));
  return 0;
}

/** The one time that the text of a key is seen. */
function show(terminal: Terminal, key: MadeApiKey): void {
  terminal.json(key);
  terminal.line(key.key);
  terminal.note(`key ${key.id} of ${key.tenant}, ${until(key)}; it is not shown again`);
}

function describe(key: ApiKeyView, paint: Terminal['paint']): string {
  const state = paint(key.state === 'active' ? 'good' : 'warn', key.state.padEnd(8));
  const can = [...key.roles, ...key.scopes].join(' ');
  const used = key.lastUsedOn === null ? 'never used' : `last used ${key.lastUsedOn}`;
  const label = key.label === '' ? '' : ` "${key.label}"`;
  return `${key.id}  ${state} ${key.tenant}${label}  ${can}  ${paint('soft', `${until(key)}, ${used}`)}`;
}

function until(key: ApiKeyView): string {
  return key.expiresAt === null ? 'without an end' : `until ${key.expiresAt.slice(0, 10)}`;
}

function tokenIn(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'bootstrap-token'), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new WitanError('invalid_argument', `${name} is no whole number`, { path: name, expected: 'digits' });
}
