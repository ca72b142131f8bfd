/**
 * Hardware keys through PKCS #11: the shape of the adapter. This build holds none.
 *
 * The library that speaks PKCS #11 from Node is a native module that compiles at installation, so it is not among
 * the packages of this project. Whoever needs it writes a {@link KmsPort} over C_WrapKey and C_DestroyObject with
 * non-extractable AES keys, and hands it to the host; nothing else changes.
 */
import { WitanError } from '../../../../contracts/errors.ts';
import type { KmsPort } from '../../../kernel/ports/crypto/kms.ts';

/** Where a token is found. */
export interface Pkcs11Options {
  /** Shared library of the token's maker. */
  readonly modulePath: string;
  readonly tokenLabel: string;
  /** PIN of the user; never logged. */
  readonly pin: string;
}

/** Always refuses: a node that is told to use hardware must not fall back to files. @throws not_supported */
export function openPkcs11Kms({ modulePath }: Pkcs11Options): Promise<KmsPort> {
  const expected = 'a key service of another kind, or an adapter handed to the host in code';
  const details = { path: 'crypto.kms', expected, modulePath };
  return Promise.reject(new WitanError('not_supported', 'this build holds no PKCS #11 adapter', details));
}
