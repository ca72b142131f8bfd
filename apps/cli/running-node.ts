/**
 * Which node a command talks to: the one named, the one that runs on the data folder, or the default
 * address.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../contracts/errors.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { loadSettings } from '../../config/loader.ts';
import type { Settings } from '../../config/schema.ts';
import { NodeClient } from './node-client.ts';
import type { CommandRun } from './command.ts';

/** Settings of this command: file and environment as a node would read them. */
export function commandSettings(options: Record<string, unknown>): Settings {
  const file = (options['config'] as string | undefined) ?? process.env['WITAN_CONFIG'];
  return loadSettings({ env: process.env, ...(file !== undefined && { file }) }).settings;
}

/** Folder of the node's files: `--data-dir`, or the setting `node.dataDir`. */
export function dataFolder(options: Record<string, unknown>): string {
  return (options['dataDir'] as string | undefined) ?? commandSettings(options).node.dataDir;
}

/** Client of the node that `--url`, the data folder's `node.json` or the settings name. */
export function nodeClient({ options, terminal }: CommandRun): NodeClient {
  const { host, port } = commandSettings(options).http;
  const url =
    (options['url'] as string | undefined) ?? urlInFolder(dataFolder(options)) ?? `http://${host}:${port}`;
  if (url.endsWith(':0')) {
    throw new WitanError('unavailable', 'no node runs on this data folder, and port 0 names none', {
      expected: 'a running node (witan start), or --url',
    });
  }
  return new NodeClient({ url, apiKey: process.env['WITAN_API_KEY'], signal: terminal.signal });
}

function urlInFolder(folder: string): string | undefined {
  try {
    const { url } = JSON.parse(readFileSync(join(folder, 'node.json'), 'utf8')) as { url?: unknown };
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Key that the reader pins: `--key` as 64 hex digits or a file, else the data folder's `verify-key.json`.
 * @returns undefined when there is none and none was asked for. @throws invalid_argument, not_found
 */
export function pinnedKey(options: Record<string, unknown>, logId?: string): PinnedKey | undefined {
  const given = options['key'] as string | undefined;
  if (given !== undefined && /^[0-9a-f]{64}$/.test(given)) {
    return { format: 'witan-verify-key/1', logId: logId ?? '', publicKeys: [given] };
  }
  const file = given ?? join(dataFolder(options), 'verify-key.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (given === undefined) return undefined;
    throw new WitanError(
      'not_found',
      `there is no key file ${file}`,
      { path: '--key', expected: '64 hex digits or a key file' },
      error,
    );
  }
  const parsed = PinnedKey.safeParse(safeJson(text));
  if (parsed.success) return parsed.data;
  throw new WitanError('invalid_argument', `${file} is no key file`, {
    path: '--key',
    expected: 'the form witan-verify-key/1',
  });
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
