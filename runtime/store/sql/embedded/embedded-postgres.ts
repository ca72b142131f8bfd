/** PostgreSQL inside the process: nothing to install, one session, for the index of one node. */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { WitanError } from '../../../../contracts/errors.ts';
import { nodeFileSystem } from '../../segment/file-system.ts';
import { takeLock } from '../../segment/lock-file.ts';
import type { LogLock } from '../../segment/lock-file.ts';
import { PooledDatabase } from '../pooled-database.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { DatabaseThread } from './database-thread.ts';
import { WireStream } from './wire-stream.ts';

/** How an embedded database is opened. */
export interface EmbeddedOptions {
  /** Folder that holds the data and a lock; null: memory, gone with the process. */
  readonly folder: string | null;
  /** A query that takes longer ends the database, which is then started again (default 30,000 ms). */
  readonly queryTimeoutMs?: number;
  /** Gives the opening up. */
  readonly signal?: AbortSignal | undefined;
}

/** Waiting for those ahead, and for the start after a crash, which a busy machine draws out. */
const CONNECT_MS = 30_000;
/** File that says that the first start was finished. */
const MADE_MARK = 'made';

/** An embedded database; see {@link openEmbedded}. */
export interface EmbeddedDatabase extends SqlDatabase {
  readonly kind: 'embedded';
  /** Ends the thread where it stands, as a crash would; the next query starts it again. */
  crash(): Promise<void>;
}

/**
 * Opens it; resolves when it answers. It runs in a worker thread, so that no query holds the event loop up,
 * and never syncs its files: a killed process loses nothing, a power cut may lose all of it, so it is never
 * the record. When its thread ends, queries are `unavailable` and the next one starts it again from its
 * files.
 * @throws already_exists while another process has the folder open, storage_failed, unavailable
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { folder, queryTimeoutMs = 30_000, signal } = options;
  const lock = folder === null ? undefined : await lockFolder(folder);
  const dataFolder = folder === null ? null : join(folder, 'data');
  let thread: DatabaseThread;
  try {
    if (folder !== null) await removeHalfMade(folder);
    signal?.throwIfAborted();
    thread = new DatabaseThread(dataFolder);
    const giveUp = (): void => void thread.kill();
    signal?.addEventListener('abort', giveUp, { once: true });
    await thread.ready.finally(() => signal?.removeEventListener('abort', giveUp));
    if (folder !== null) await writeFile(join(folder, MADE_MARK), '');
  } catch (error) {
    await lock?.release();
    throw error;
  }
  const running = async (): Promise<DatabaseThread> => {
    if (thread.failure) {
      // Two threads on one folder would damage it.
      await thread.gone;
      if (thread.failure) thread = new DatabaseThread(dataFolder);
    }
    await thread.ready;
    return thread;
  };
  const pool = new pg.Pool({
    user: 'postgres',
    database: 'postgres',
    max: 1,
    idleTimeoutMillis: 0,
    allowExitOnIdle: true,
    connectionTimeoutMillis: Math.max(queryTimeoutMs, CONNECT_MS),
    query_timeout: queryTimeoutMs,
    stream: () => new WireStream(running),
  });
  const database = new PooledDatabase('embedded', pool, async () => {
    await thread.close();
    await lock?.release();
  });
  return Object.assign(database, { kind: 'embedded' as const, crash: () => thread.kill() });
}

/**
 * Whether a database was made in `folder` before: opening it then takes less than a second, else some
 * seconds.
 */
export function isEmbeddedMade(folder: string): boolean {
  return existsSync(join(folder, MADE_MARK));
}

/** A first start that was cut off leaves a folder that no later start can use; there is nothing in it yet. */
async function removeHalfMade(folder: string): Promise<void> {
  if (isEmbeddedMade(folder)) return;
  await rm(join(folder, 'data'), { recursive: true, force: true });
}

async function lockFolder(folder: string): Promise<LogLock> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await takeLock(nodeFileSystem, folder);
  } catch (error) {
    if (error instanceof WitanError && error.code === 'already_exists') {
      throw new WitanError(
        'already_exists',
        'another process has the embedded database open',
        error.details,
        error,
      );
    }
    throw new WitanError(
      'storage_failed',
      `the folder of the embedded database cannot be used: ${folder}`,
      {},
      error,
    );
  }
}
