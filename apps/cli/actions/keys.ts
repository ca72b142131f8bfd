/** `witan keys`: API keys of a running node. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import type { ApiKeyView, MadeApiKey } from '../../../contracts/messages/identity/keys.ts';
import type { CommandRun } from '../command.ts';
import { dataFolder, nodeClient } from '../running-node.ts';
import type { Terminal } from '../terminal.ts';

/** `witan keys bootstrap`: make the first administrator’s key, once; print it. */
export async function bootstrap(call: CommandRun): Promise<number> {
  const { options } = call;
  const given = options['token'] as string | undefined;
  // Whoever can read the folder of the node is its owner; elsewhere the token has to be named.
  const token = given ?? (options['url'] === undefined ? tokenIn(dataFolder(options)) : undefined);
  show(call.terminal, await nodeClient(call).bootstrap(token));
  return 0;
}

/** `witan keys create`: make a key; print it. */
export async function create(call: CommandRun): Promise<number> {
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

/** `witan keys list`: list keys, oldest first, without their secrets. */
export async function list(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const keys = await nodeClient(call).listKeys();
  for (const key of keys) {
    terminal.json(key);
    terminal.line(describe(key, terminal.paint));
  }
  if (keys.length === 0) terminal.line('no keys');
  return 0;
}

/** `witan keys rotate`: make the successor of a key; both work until the grace time is over. */
export async function rotate(call: CommandRun): Promise<number> {
  const hours = call.options['graceHours'] as string | undefined;
  const graceMs = hours === undefined ? undefined : wholeNumber('--grace-hours', hours) * 3_600_000;
  const key = await nodeClient(call).rotateKey(call.args[0]!, graceMs === undefined ? {} : { graceMs });
  show(call.terminal, key);
  return 0;
}

/** `witan keys revoke`: end a key at once. */
export async function revoke(call: CommandRun): Promise<number> {
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
