/** Published known-answer vectors: read where they lie (WITAN_DATA), never copied. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const FOLDER = join(process.env['WITAN_DATA'] ?? join(import.meta.dirname, '../../../shared/data'), 'kat');

/** Why the tests of a set are skipped; undefined when the set is here. */
export function absenceOf(set: string): string | undefined {
  if (existsSync(join(FOLDER, set))) return undefined;
  return `shared data kat/${set} is not here; set WITAN_DATA`;
}

/** Text of a file of vectors. */
export function katText(path: string): string {
  const bytes = readFileSync(join(FOLDER, path));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** JSON of a file of vectors, as the caller knows it to be. */
export function katJson<T>(path: string): T {
  return JSON.parse(katText(path)) as T;
}

/** Bytes of hex digits. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** Hex digits of bytes. */
export function digits(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** One group of an ACVP file, with its cases. */
export interface AcvpGroup<T> {
  readonly parameterSet: string;
  readonly testType: string;
  readonly function?: string;
  readonly deterministic?: boolean;
  readonly signatureInterface?: 'external' | 'internal';
  readonly preHash?: 'pure' | 'preHash' | 'none';
  readonly externalMu?: boolean;
  readonly tests: readonly T[];
}

/** Groups of an ACVP file. */
export function acvpGroups<T>(name: string): readonly AcvpGroup<T>[] {
  return katJson<{ testGroups: AcvpGroup<T>[] }>(`acvp/${name}.json.gz`).testGroups;
}
