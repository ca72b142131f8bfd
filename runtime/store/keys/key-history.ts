/** The life of every key of a node, readable without its passphrase. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { KeyFile } from './key-file.ts';
import { stored } from './key-folder.ts';

/** One key: what it was for, from when to when, and how it ended. */
export interface KeyHistoryRow {
  readonly keyId: string;
  readonly purpose: string;
  readonly state: 'active' | 'retired' | 'revoked';
  /** Place in the order in which the node made its keys, from 1. */
  readonly sequence: number;
  readonly createdAt: string;
  /** Null while it is active. */
  readonly endedAt: string | null;
  /** Why it ended. */
  readonly reason: string | null;
  /** Key of the same purpose that came before it. */
  readonly previousKeyId: string | null;
  readonly isEncrypted: boolean;
}

/**
 * All keys of a folder, by purpose and then by age. Reads public halves alone.
 * @throws verification_failed for a damaged file, storage_failed
 */
export function readKeyHistory(folder: string): readonly KeyHistoryRow[] {
  const files = stored(() =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.key.json'))
      .map((name) => parse(name, readFileSync(join(folder, name), 'utf8'))),
  );
  files.sort((left, right) => compare(left.purpose, right.purpose) || left.sequence - right.sequence);
  return files.map((file, at) => {
    const before = files[at - 1];
    return {
      keyId: file.keyId,
      purpose: file.purpose,
      state: file.state,
      sequence: file.sequence,
      createdAt: new Date(file.createdAtWallMs).toISOString(),
      endedAt: file.endedAtWallMs === undefined ? null : new Date(file.endedAtWallMs).toISOString(),
      reason: file.reason ?? null,
      previousKeyId: before?.purpose === file.purpose ? before.keyId : null,
      isEncrypted: file.secret.cipher !== 'none',
    };
  });
}

function parse(name: string, text: string): KeyFile {
  try {
    return KeyFile.parse(JSON.parse(text));
  } catch (cause) {
    const details = { path: name, expected: 'a key file of the form witan-key/1' };
    throw new WitanError('verification_failed', `the key file ${name} is damaged`, details, cause);
  }
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
