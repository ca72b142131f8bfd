/**
 * `@chainsafe/blst`: compiled BLS12-381, where it is installed. It signs, forty times as fast as noble; keys,
 * proofs of possession and every check stay with noble, whose verifier is the one that readers have.
 */
import type { AggregateScheme } from '../../../kernel/ports/crypto/crypto-provider.ts';
import { absent, type CryptoBackend } from '../backend.ts';

/** BLS12-381 alone; nothing where the package has no binary for this machine. */
export function blstBackend(): CryptoBackend {
  return {
    name: 'blst',
    signature: async (algorithm) => (algorithm === 'bls12-381' ? bls() : undefined),
    kem: absent,
    aead: absent,
  };
}

async function bls(): Promise<AggregateScheme | undefined> {
  const library = await import('@chainsafe/blst').catch(() => undefined);
  if (!library) return undefined;
  const { SecretKey } = library.default;
  const { blsScheme } = await import('./noble-bls.ts');
  return blsScheme({
    backend: 'blst',
    sign: (message, secret) => SecretKey.fromBytes(secret).sign(message).toBytes(),
  });
}
