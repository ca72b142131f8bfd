/** What a signature on a model covers, and what a model is called once its files are known. */
import { utf8 } from '../../ledger/bytes.ts';
import { canonicalJson } from '../../ledger/canonical-json.ts';
import type { ModelFile, ModelManifestBody } from './manifest.ts';

/** First line of the bytes that a maintainer signs for a model. */
export const MODEL_DOMAIN = 'witan-model/1\n';

/**
 * `keyId` of a manifest without a signature: code holds the digest of its body. For a model that a build
 * makes from an installed package on each machine anew, where nobody who could sign is present.
 */
export const PINNED_KEY_ID = 'pinned';

/** Bytes that the signature on a manifest covers: domain line, then the canonical body. */
export function modelSigningBytes(body: ModelManifestBody): Uint8Array {
  return utf8(MODEL_DOMAIN + canonicalJson(body));
}

/** Canonical list of a model's files, by path; its SHA-256 stands for their contents. */
export function modelFilesBytes(files: readonly ModelFile[]): Uint8Array {
  const byPath = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return utf8(canonicalJson(byPath));
}

/** `id@version`: how one version of a model is named. */
export function versionName({ id, version }: { readonly id: string; readonly version: string }): string {
  return `${id}@${version}`;
}
