/** SHA-256 on nodes: the platform's one-shot hash behind the ledger contract's injectable form. */
import { hash } from 'node:crypto';
import { digestOf as digestWith } from '../../../contracts/ledger/signing.ts';
import type { Digest } from '../../../contracts/messages/ids.ts';

/** SHA-256 of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/** `sha256:` and hex over the canonical JSON of any value. @throws invalid_argument, too_deep, too_large */
export function digestOf(value: unknown): Digest {
  return digestWith(value, sha256);
}
