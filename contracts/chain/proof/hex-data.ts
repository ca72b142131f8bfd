/** Bytes as chains write them: `0x` and lower-case hex digits. */
import { WitanError } from '../../errors.ts';
import { fromHex, toHex } from '../../ledger/bytes.ts';

/** Keccak-256 of `bytes`: 32 bytes. Injected: this room holds no cryptography of its own. */
export type Keccak256 = (bytes: Uint8Array) => Uint8Array;

/** `0x` and two digits for each byte. */
export function toHexData(bytes: Uint8Array): string {
  return `0x${toHex(bytes)}`;
}

/** Bytes of `0x` and hex digits in either case. @throws bad_encoding */
export function fromHexData(text: string): Uint8Array {
  if (!text.startsWith('0x')) throw new WitanError('bad_encoding', 'expected 0x and hex digits');
  return fromHex(text.slice(2).toLowerCase());
}

/** Whether two texts name the same bytes; the case of the digits does not count (EIP-55 addresses). */
export function isSameHex(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** One word of 32 bytes, big-endian, as the ABI writes numbers. */
export function abiWord(value: bigint | number): string {
  return BigInt(value).toString(16).padStart(64, '0');
}
