/** Addresses of crypto wallets, confirmed by their checksums. */
import { createHash } from 'node:crypto';
import type { PersonalDatum } from './kinds.ts';

const BASE58 = /(?<![A-Za-z0-9])[13LM][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])/g;
const BECH32 = /(?<![A-Za-z0-9])(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,71}(?![A-Za-z0-9])/gi;
const ETHEREUM = /(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![0-9a-zA-Z])/g;
const ALPHABET58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const ALPHABET32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Wallet addresses of a text. */
export function findCryptoAddresses(text: string, into: PersonalDatum[]): void {
  const add = (match: RegExpExecArray, form: string): void => {
    into.push({
      kind: 'crypto-address',
      start: match.index,
      end: match.index + match[0].length,
      validated: true,
      form,
    });
  };
  for (const match of text.matchAll(BASE58)) if (isBase58Check(match[0])) add(match, 'base58check');
  for (const match of text.matchAll(BECH32)) if (isBech32(match[0].toLowerCase())) add(match, 'bech32');
  for (const match of text.matchAll(ETHEREUM)) add(match, 'ethereum');
}

/** Whether 25 bytes in base 58 end with their double SHA-256. @source Bitcoin Base58Check */
export function isBase58Check(address: string): boolean {
  let value = 0n;
  for (const sign of address) value = value * 58n + BigInt(ALPHABET58.indexOf(sign));
  const hex = value.toString(16);
  if (hex.length > 50) return false;
  const bytes = Buffer.from(hex.padStart(50, '0'), 'hex');
  const inner = createHash('sha256').update(bytes.subarray(0, 21)).digest();
  return createHash('sha256').update(inner).digest().subarray(0, 4).equals(bytes.subarray(21));
}

/** Whether the checksum of bech32 (1) or bech32m (0x2bc830a3) holds. @source BIP 173, BIP 350 */
export function isBech32(address: string): boolean {
  const at = address.lastIndexOf('1');
  const prefix = address.slice(0, at);
  const values = [...prefix].map((sign) => sign.charCodeAt(0) >> 5);
  values.push(0, ...[...prefix].map((sign) => sign.charCodeAt(0) & 31));
  for (const sign of address.slice(at + 1)) values.push(ALPHABET32.indexOf(sign));
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((generator, bit) => {
      if ((top >>> bit) & 1) check ^= generator;
    });
  }
  const rest = check >>> 0;
  return rest === 1 || rest === 0x2bc830a3;
}
