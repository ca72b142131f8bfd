/** Rules of the key ring that every KeysPort shares: one active key per purpose, rotation, revocation. */
import { createPrivateKey, createPublicKey, hkdfSync, sign, type KeyObject } from 'node:crypto';
import { keyIdOf } from '../../../contracts/ledger/signing.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import type { KeyInfo } from '../../kernel/ports/keys.ts';

// DER of a PKCS #8 Ed25519 key up to its 32 secret bytes (RFC 8410 §7).
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key with its secret half. */
export interface HeldKey {
  readonly info: KeyInfo;
  /** RFC 8032 secret key, 32 bytes. */
  readonly secret: Uint8Array;
}

/** Makes a key of a purpose from 32 secret bytes. @throws invalid_argument for a bad purpose */
export function makeKey(purpose: string, secret: Uint8Array, createdAtWallMs: number): HeldKey {
  if (!/^[a-z0-9][a-z0-9/-]{0,42}$/.test(purpose)) {
    throw new WitanError('invalid_argument', `purpose: ${purpose}`, {
      path: 'purpose',
      expected: 'a-z, 0-9, / and -',
    });
  }
  const publicKey = rawPublicKey(privateKeyOf(secret));
  const keyId = keyIdOf(purpose, publicKey, sha256);
  return { info: { keyId, purpose, publicKey, state: 'active', createdAtWallMs }, secret };
}

/** Keys by id, in order of creation. Holds no file and no randomness of its own. */
export class KeyRing {
  readonly #clock: Clock;
  readonly #keys = new Map<
    string,
    { info: KeyInfo; readonly secret: Uint8Array; readonly privateKey: KeyObject }
  >();
  readonly #active = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a key as it was stored or made. @throws already_exists */
  add({ info, secret }: HeldKey): void {
    if (this.#keys.has(info.keyId)) throw new WitanError('already_exists', `key ${info.keyId} exists`);
    this.#keys.set(info.keyId, { info, secret, privateKey: privateKeyOf(secret) });
    if (info.state === 'active') this.#active.set(info.purpose, info.keyId);
  }

  /** The active key of a purpose. */
  active(purpose: string): KeyInfo | undefined {
    const keyId = this.#active.get(purpose);
    return keyId === undefined ? undefined : this.#keys.get(keyId)!.info;
  }

  /** See KeysPort. */
  get(keyId: string): KeyInfo | undefined {
    return this.#keys.get(keyId)?.info;
  }

  /** Secret half, for the store that keeps it. */
  held(keyId: string): HeldKey {
    return this.#named(keyId);
  }

  /** See KeysPort. */
  list(): readonly KeyInfo[] {
    return Array.from(this.#keys.values(), (key) => key.info);
  }

  /** See KeysPort. A retired key still signs: sessions that froze it must be able to end. */
  sign(keyId: string, message: Uint8Array): Uint8Array {
    const key = this.#named(keyId);
    if (key.info.state === 'revoked')
      throw new WitanError('permission_denied', `key ${keyId} is revoked`, { keyId });
    return sign(null, message, key.privateKey);
  }

  /**
   * 32 bytes that follow from a key's secret and a label, by HKDF-SHA-256: they do not lead back to it.
   * @source RFC 5869
   */
  derive(keyId: string, label: string): Uint8Array {
    const { info, secret } = this.#named(keyId);
    if (info.state === 'revoked')
      throw new WitanError('permission_denied', `key ${keyId} is revoked`, { keyId });
    return new Uint8Array(hkdfSync('sha256', secret, keyId, label, 32));
  }

  /** Info of a key as it would stand after it ended; changes nothing. @throws not_found */
  ended(keyId: string, state: 'retired' | 'revoked', reason: string): KeyInfo {
    const { info } = this.#named(keyId);
    // Revocation is the last word on a key.
    if (info.state === 'revoked') return info;
    return { ...info, state, endedAtWallMs: this.#clock.wallMs(), reason };
  }

  /** Takes over a changed info once it is stored. */
  replace(info: KeyInfo): void {
    this.#named(info.keyId).info = info;
    if (info.state !== 'active' && this.#active.get(info.purpose) === info.keyId)
      this.#active.delete(info.purpose);
  }

  #named(keyId: string): { info: KeyInfo; readonly secret: Uint8Array; readonly privateKey: KeyObject } {
    const key = this.#keys.get(keyId);
    if (!key) throw new WitanError('not_found', `no key ${keyId}`, { keyId });
    return key;
  }
}

function privateKeyOf(secret: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: 'der', type: 'pkcs8' });
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32));
}
