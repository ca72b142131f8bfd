/** Where the store of an archive or backup is, and what opens it. */
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import type { PinnedKey } from '../../../../contracts/messages/decision-proof.ts';
import type { Settings } from '../../../../index.ts';
import { storePrefix } from '../../../../config/store-prefix.ts';
import { progressBar } from '../log/progress-bar.ts';
import { commandSettings, dataFolder, pinnedKey } from '../../running-node.ts';
import type { Terminal } from '../../terminal.ts';

/** Place that a command means, as the tools take it. */
export interface CommandPlace {
  readonly settings: Settings;
  readonly address: string;
  readonly prefix: string;
  readonly keyFile: string | undefined;
  readonly passphraseFile: string | undefined;
  readonly dataDir: string;
}

/**
 * Place of an archive or backup: what the option names, else what the settings say. @throws
 * invalid_argument
 */
export function placeOf(
  options: Record<string, unknown>,
  section: 'archive' | 'backup',
  option: 'from' | 'to',
): CommandPlace {
  const settings = commandSettings(options);
  const dataDir = dataFolder(options);
  const own = settings[section].address;
  const fallback = section === 'archive' && own === '' ? join(dataDir, 'archive') : own;
  const address = (options[option] as string | undefined) ?? fallback;
  if (address === '') {
    const details = {
      path: `--${option}`,
      expected: 'a folder, s3://bucket/prefix, or the setting backup.address',
    };
    throw new WitanError('invalid_argument', 'no store is named', details);
  }
  return {
    settings,
    address,
    prefix: (options['prefix'] as string | undefined) ?? storePrefix(settings, section),
    keyFile: options['archiveKey'] as string | undefined,
    passphraseFile: options['passphraseFile'] as string | undefined,
    dataDir,
  };
}

/** Key that the reader pins. @throws invalid_argument where there is none */
export function requiredKey(options: Record<string, unknown>): PinnedKey {
  const pinned = pinnedKey(options);
  if (pinned) return pinned;
  throw new WitanError('invalid_argument', 'no key is pinned, so nothing can be verified', {
    path: '--key',
    expected: 'the public key that the node printed at its start, or its verify-key.json',
  });
}

/** Draws a bar on standard error, where that is a terminal. */
export function bar(terminal: Terminal, label: string): (doneCount: number, totalCount: number) => void {
  return (doneCount, totalCount) =>
    terminal.progress(progressBar(totalCount === 0 ? 1 : doneCount / totalCount, label));
}

/** Bytes for people. */
export function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
