/** The files of one model folder, read through nothing but plain folders and files below their root. */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { WitanError } from '../../../../contracts/errors.ts';
import type { ModelFile } from '../../../../contracts/messages/models/manifest.ts';

/** Name of the manifest in each folder. */
export const MANIFEST_FILE = 'model.json';
/** Bytes of the longest manifest. */
export const MANIFEST_LIMIT_BYTES = 1_048_576;
/** Bytes of all files of one model: what one worker can be handed. */
export const MODEL_LIMIT_BYTES = 2_147_483_647;

const CHUNK_BYTES = 1_048_576;

/** One version of a model as it lies in a root. */
export interface ModelPlace {
  /** Real path of the root. */
  readonly root: string;
  readonly id: string;
  readonly version: string;
}

/** Folder of the version. */
export function folderOf({ root, id, version }: ModelPlace): string {
  return join(root, ...id.split('/'), version);
}

/**
 * Whole manifest of a place. @throws verification_failed for links, and for one that is missing or too long
 */
export async function readManifestBytes(place: ModelPlace): Promise<Uint8Array> {
  await refuseLinks(place);
  const file = await openPlain(place, MANIFEST_FILE);
  try {
    const { size } = await file.stat();
    if (size > MANIFEST_LIMIT_BYTES)
      throw refused(place, MANIFEST_FILE, `it has ${size} bytes, at most ${MANIFEST_LIMIT_BYTES}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * Contents of files, each held against its length and SHA-256 while it is read: the bytes that were hashed
 * are the bytes that are given. One that does not hold gives none of them.
 * @throws verification_failed naming the file, too_large
 */
export async function readModelFiles(
  place: ModelPlace,
  files: readonly ModelFile[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  refuseTooLarge(place, files);
  await refuseLinks(place);
  const contents = new Map<string, Uint8Array>();
  for (const file of files) {
    const bytes = new Uint8Array(file.bytes);
    await checkFile(place, file, (at) => bytes.subarray(at, at + CHUNK_BYTES));
    contents.set(file.path, bytes);
  }
  return contents;
}

/** Checks files as {@link readModelFiles} does, and keeps nothing. Memory: one chunk. */
export async function checkModelFiles(place: ModelPlace, files: readonly ModelFile[]): Promise<void> {
  refuseTooLarge(place, files);
  await refuseLinks(place);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (const file of files) {
    await checkFile(place, file, (at) => chunk.subarray(0, Math.min(CHUNK_BYTES, file.bytes - at)));
  }
}

/** Length and SHA-256 of a file, for who makes a manifest. @throws not_found, verification_failed for a link */
export async function describeModelFile(folder: string, path: string): Promise<ModelFile> {
  const handle = await openPlain({ root: folder, id: '', version: '' }, path);
  try {
    const hash = createHash('sha256');
    const chunk = new Uint8Array(CHUNK_BYTES);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, bytes);
      if (bytesRead === 0) return { path, bytes, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function checkFile(
  place: ModelPlace,
  file: ModelFile,
  room: (at: number) => Uint8Array,
): Promise<void> {
  const handle = await openPlain(place, file.path);
  try {
    const hash = createHash('sha256');
    let at = 0;
    while (at < file.bytes) {
      const { bytesRead, buffer } = await handle.read(room(at), { position: at });
      if (bytesRead === 0)
        throw refused(place, file.path, `it ends after ${at} bytes, the manifest says ${file.bytes}`);
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    const { bytesRead: beyond } = await handle.read(new Uint8Array(1), { position: at });
    if (beyond > 0)
      throw refused(place, file.path, `it is longer than the ${file.bytes} bytes of the manifest`);
    const sha256 = hash.digest('hex');
    if (sha256 !== file.sha256)
      throw refused(place, file.path, `its SHA-256 is ${sha256}, the manifest says ${file.sha256}`);
  } finally {
    await handle.close();
  }
}

function refuseTooLarge(place: ModelPlace, files: readonly ModelFile[]): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= MODEL_LIMIT_BYTES) return;
  throw new WitanError('too_large', `model ${nameOf(place)} has ${bytes} bytes`, {
    path: 'files',
    expected: `at most ${MODEL_LIMIT_BYTES} bytes`,
  });
}

/** A link below the root would lead out of what the root was chosen for. */
async function refuseLinks(place: ModelPlace): Promise<void> {
  const parts = [...place.id.split('/'), place.version].filter((part) => part !== '');
  let folder = place.root;
  for (const part of parts) {
    folder = join(folder, part);
    const found = await lstat(folder).catch((cause: unknown) => {
      throw refused(place, folder, 'the folder cannot be read', cause);
    });
    if (!found.isDirectory()) throw refused(place, folder, 'it is no plain folder');
  }
}

async function openPlain(place: ModelPlace, path: string): Promise<FileHandle> {
  // Manifests cannot name one; who calls with another path must not get out either.
  if (path === '' || path.includes('/') || path.includes('\\') || path.startsWith('.'))
    throw refused(place, path, 'it is no name of a file in the folder');
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK a pipe in the place of a file would hold the reader for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    handle = await open(join(folderOf(place), path), flags);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      { ENOENT: 'it is missing', ELOOP: 'it is a link' }[code ?? ''] ?? `it cannot be read: ${code}`;
    throw refused(place, path, why, cause);
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw refused(place, path, 'it is no plain file');
}

function nameOf({ id, version }: ModelPlace): string {
  return id === '' ? 'of this folder' : `${id}@${version}`;
}

function refused(place: ModelPlace, path: string, why: string, cause?: unknown): WitanError {
  const model = nameOf(place);
  const details = { path, model };
  return new WitanError('verification_failed', `model ${model} is refused: ${path}: ${why}`, details, cause);
}
