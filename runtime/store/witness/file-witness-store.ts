/** Memory of a witness in files: one head a log, synced before anything is signed over it. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { toHex, utf8 } from '../../../contracts/ledger/bytes.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type {
  ForkEvidence,
  WitnessedHead,
  WitnessStorePort,
} from '../../kernel/ports/witness/witness-store.ts';
import { makePrivateFolder, writeSyncedFile } from '../synced-file.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const HeadFile = z.strictObject({
  format: z.literal('witan-witnessed-head/1'),
  origin: z.string().min(1),
  size: z.int().min(0),
  root: hash,
  note: z.string(),
});

const EvidenceFile = z.strictObject({
  format: z.literal('witan-fork-evidence/1'),
  kind: z.enum(['same-size', 'inconsistent', 'rolled-back']),
  origin: z.string(),
  first: z.string(),
  second: z.string(),
  proof: z.array(hash),
  at: z.string(),
});

/** File with the newest checkpoint of the own log that was published. */
export const PUBLISHED_FILE = 'published.checkpoint';

/** Pairs that are kept at most: a log that lies often must not fill the disk. */
const MAX_EVIDENCE = 1_000;

/** See {@link WitnessStorePort}. */
export class FileWitnessStore implements WitnessStorePort {
  readonly #folder: string;
  readonly #evidence: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#evidence = join(folder, 'evidence');
  }

  /** Opens the folder, or makes it. @throws storage_failed */
  static async open(folder: string): Promise<FileWitnessStore> {
    const store = new FileWitnessStore(folder);
    await makePrivateFolder(folder);
    await makePrivateFolder(store.#evidence);
    return store;
  }

  /** See WitnessStorePort. */
  async head(origin: string): Promise<WitnessedHead | undefined> {
    const path = join(this.#folder, `${originHash(origin)}.json`);
    const text = await textOf(path);
    if (text === undefined) return undefined;
    const parsed = HeadFile.safeParse(jsonOf(text));
    if (!parsed.success || parsed.data.origin !== origin) throw damaged(path);
    const { format: _format, ...head } = parsed.data;
    return head;
  }

  /** See WitnessStorePort. */
  async saveHead(head: WitnessedHead): Promise<void> {
    const file = { format: 'witan-witnessed-head/1', ...head };
    await writeSyncedFile(join(this.#folder, `${originHash(head.origin)}.json`), `${JSON.stringify(file)}\n`);
  }

  /** See WitnessStorePort. */
  saveNote(origin: string, note: string): Promise<void> {
    return this.#replace(`${originHash(origin)}.checkpoint`, note);
  }

  /** See WitnessStorePort. */
  savePublished(note: string): Promise<void> {
    return this.#replace(PUBLISHED_FILE, note);
  }

  async #replace(name: string, note: string): Promise<void> {
    const path = join(this.#folder, name);
    try {
      await writeFile(`${path}.new`, note, { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (cause) {
      throw new WitanError('storage_failed', 'a checkpoint could not be stored', {}, cause);
    }
  }

  /** See WitnessStorePort. */
  async note(hashOfOrigin: string): Promise<string | undefined> {
    return hash.safeParse(hashOfOrigin).success
      ? textOf(join(this.#folder, `${hashOfOrigin}.checkpoint`))
      : undefined;
  }

  /** See WitnessStorePort. */
  async keepEvidence(evidence: ForkEvidence): Promise<boolean> {
    const { first, second } = evidence;
    // Signatures may differ from one request to the next; the lie is in the texts.
    const name = `${toHex(sha256(utf8(`${bodyOf(first)}\n${bodyOf(second)}`)))}.json`;
    const kept = await this.#evidenceNames();
    if (kept.includes(name) || kept.length >= MAX_EVIDENCE) return false;
    const file = { format: 'witan-fork-evidence/1', ...evidence };
    await writeSyncedFile(join(this.#evidence, name), `${JSON.stringify(file, null, 2)}\n`);
    return true;
  }

  /** See WitnessStorePort. */
  async evidence(): Promise<ForkEvidence[]> {
    const found: ForkEvidence[] = [];
    for (const name of await this.#evidenceNames()) {
      const path = join(this.#evidence, name);
      const parsed = EvidenceFile.safeParse(jsonOf((await textOf(path)) ?? ''));
      if (!parsed.success) throw damaged(path);
      const { format: _format, ...evidence } = parsed.data;
      found.push(evidence);
    }
    return found;
  }

  async #evidenceNames(): Promise<string[]> {
    const names = await readdir(this.#evidence);
    return names.filter((name) => name.endsWith('.json')).sort();
  }
}

/** SHA-256 of a log's origin, 64 hex digits: its name at a witness. @source C2SP tlog-witness */
export function originHash(origin: string): string {
  return toHex(sha256(utf8(origin)));
}

function bodyOf(note: string): string {
  return note.slice(0, note.indexOf('\n\n') + 1);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WitanError('storage_failed', 'a file of the witness could not be read', { path }, cause);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(path: string): WitanError {
  const details = { path, expected: 'the file as the witness wrote it' };
  return new WitanError(
    'verification_failed',
    `${path} is damaged: the witness vouches for nothing`,
    details,
  );
}
