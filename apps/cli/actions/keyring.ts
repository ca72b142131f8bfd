/** `witan keyring`: the signing keys of a node, in its data folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { changeKeyPassphrase, readKeyHistory } from '../../../index.ts';
import type { KeyHistoryRow } from '../../../index.ts';
import type { CommandRun } from '../command.ts';
import { commandSettings, dataFolder } from '../running-node.ts';

/** `witan keyring history`. */
export async function history({ terminal, options }: CommandRun): Promise<number> {
  const rows = readKeyHistory(join(dataFolder(options), 'keys'));
  for (const row of rows) {
    terminal.json(row);
    const state = terminal.paint(row.state === 'active' ? 'good' : 'warn', row.state.padEnd(8));
    terminal.line(`${row.keyId.padEnd(36)} ${state} ${terminal.paint('soft', lifeOf(row))}`);
  }
  return 0;
}

function lifeOf({ createdAt, endedAt, reason, isEncrypted }: KeyHistoryRow): string {
  const end = endedAt === null ? 'until now' : `until ${endedAt}`;
  const why = reason === null ? '' : ` (${reason})`;
  return `from ${createdAt} ${end}${why}, ${isEncrypted ? 'encrypted' : 'not encrypted'}`;
}

/** `witan keyring passphrase`: encrypt the key files of a stopped node under another passphrase. */
export async function passphrase({ terminal, options }: CommandRun): Promise<number> {
  const file = options['newPassphraseFile'] as string | undefined;
  if ((file === undefined) === (options['plain'] !== true)) {
    const details = { path: '--new-passphrase-file', expected: 'a file, or --plain' };
    throw new WitanError('invalid_argument', 'one of --new-passphrase-file and --plain is needed', details);
  }
  const to = file === undefined ? undefined : firstLine(file);
  const node = { settings: commandSettings(options), dataDir: dataFolder(options) };
  const keyCount = await changeKeyPassphrase(node, to);
  terminal.json({ keyCount, isEncrypted: to !== undefined });
  const how = to === undefined ? 'lie unencrypted now' : 'are encrypted under the new passphrase';
  terminal.line(`${keyCount} keys ${how}`);
  return 0;
}

function firstLine(file: string): string {
  const details = { path: '--new-passphrase-file', expected: 'a file whose first line is the passphrase' };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WitanError('invalid_argument', `${file} cannot be read`, details, cause);
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw new WitanError('invalid_argument', `${file} is empty`, details);
  return line;
}
