/** Published probes of RFC 6962 proofs (transparency-dev), read where they lie. */
import { absenceOf, katJson } from './kat.ts';

/** A claim of inclusion; hashes in base64. */
export interface InclusionProbe {
  readonly path: string;
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

/** A claim of consistency; hashes in base64. */
export interface ConsistencyProbe {
  readonly path: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

/** Why the probes are skipped; undefined when they are here. */
export const RFC6962_MISSING = absenceOf('rfc6962');

/** JSON of one file of the set, as the caller knows it to be. */
export function rfc6962<T>(name: string): T {
  return katJson<T>(`rfc6962/${name}`);
}
