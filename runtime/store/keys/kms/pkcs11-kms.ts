/**
 * Wrapping keys in a hardware token, through PKCS #11.
 *
 * The token holds a secret that it never gives out and computes HMAC-SHA-256 with it. From that follows a
 * key for one context, under which this process wraps by AES-256-GCM: one call of the token for each
 * wrapping. Destroying the token's object makes all of them underivable, wherever copies of the wrapped keys
 * lie.
 *
 * Calls go through `pkcs11-tool` of OpenSC, some 20 ms each: the modules that speak PKCS #11 from Node
 * compile at installation. The PIN stands in the environment of that process alone, never on a command line.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import { toHex } from '../../../../contracts/ledger/bytes.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { KmsPort, WrappingKeyInfo } from '../../../kernel/ports/crypto/kms.ts';
import { unwrapUnder, wrapUnder } from './wrapping.ts';

/** Where a token is found. */
export interface Pkcs11Options {
  /** Shared library of the token's maker. */
  readonly modulePath: string;
  readonly tokenLabel: string;
  /** PIN of the user; never logged. */
  readonly pin: string;
  readonly clock: Clock;
  /** Program of OpenSC; default `pkcs11-tool`, looked for in PATH. */
  readonly toolPath?: string;
  /** Variables that the token's library reads, as SOFTHSM2_CONF. */
  readonly environment?: Readonly<Record<string, string>>;
}

const PIN_VARIABLE = 'WITAN_TOKEN_PIN';
/** Marks our objects among others of the token: prefix, time, label. */
const OBJECT_LABEL = /^\s*label:\s+witan:(\d+):(.*)$/;
const OBJECT_ID = /^\s*ID:\s+([0-9a-f]{32})$/;
const CALL_TIMEOUT_MS = 10_000;
const MAC_BYTES = 32;

/**
 * Opens a token and reads which keys it holds.
 * @throws not_supported without the program or the library, not_found for an unknown token,
 * permission_denied for a
 *   wrong PIN, unavailable when the token does not answer
 */
export async function openPkcs11Kms(options: Pkcs11Options): Promise<KmsPort> {
  const kms = new Pkcs11Kms(options);
  await kms.load();
  return kms;
}

class Pkcs11Kms implements KmsPort {
  readonly kind = 'pkcs11';
  readonly #options: Pkcs11Options;
  readonly #keys = new Map<string, WrappingKeyInfo>();

  constructor(options: Pkcs11Options) {
    this.#options = options;
  }

  async load(): Promise<void> {
    const listed = (await this.#call(['--list-objects', '--type', 'secrkey'])).toString('utf8');
    let label: RegExpExecArray | null = null;
    const found: WrappingKeyInfo[] = [];
    for (const line of listed.split('\n')) {
      label = OBJECT_LABEL.exec(line) ?? (/^\s*label:/.test(line) ? null : label);
      const id = OBJECT_ID.exec(line);
      if (!id || !label) continue;
      found.push({ keyId: `wrap-${id[1]!}`, label: label[2]!, createdAtWallMs: Number(label[1]) });
    }
    found.sort((left, right) => left.createdAtWallMs - right.createdAtWallMs);
    for (const key of found) this.#keys.set(key.keyId, key);
  }

  async makeKey(label: string): Promise<WrappingKeyInfo> {
    const id = toHex(randomBytes(16));
    const createdAtWallMs = this.#options.clock.wallMs();
    const object = ['--label', `witan:${createdAtWallMs}:${label}`, '--id', id];
    // Private: visible after a login alone. Sensitive: the token never gives the value out.
    const kind = ['--key-type', `GENERIC:${MAC_BYTES}`, '--private', '--sensitive', '--usage-sign'];
    await this.#call(['--keygen', ...kind, ...object]);
    const info = { keyId: `wrap-${id}`, label, createdAtWallMs };
    this.#keys.set(info.keyId, info);
    return info;
  }

  keys(): readonly WrappingKeyInfo[] {
    return [...this.#keys.values()];
  }

  async wrap(keyId: string, secret: Uint8Array, context: string): Promise<Uint8Array> {
    return this.#withDerived(keyId, context, (derived) => wrapUnder(derived, secret));
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
    return this.#withDerived(keyId, context, (derived) => unwrapUnder(derived, wrapped));
  }

  async destroyKey(keyId: string): Promise<void> {
    if (!this.#keys.has(keyId)) return;
    await this.#call(['--delete-object', '--type', 'secrkey', '--id', idOf(keyId)]);
    this.#keys.delete(keyId);
  }

  async close(): Promise<void> {
    // Each call is a session of its own.
  }

  async #withDerived(
    keyId: string,
    context: string,
    work: (derived: { keyId: string; secret: Uint8Array; context: string }) => Uint8Array,
  ): Promise<Uint8Array> {
    if (!this.#keys.has(keyId))
      throw new WitanError('not_found', `no wrapping key ${keyId}; it may have been destroyed`, { keyId });
    const input = Buffer.from(`witan-derive/1\n${keyId}\n${context}`);
    const secret = await this.#call(['--sign', '--mechanism', 'SHA256-HMAC', '--id', idOf(keyId)], input);
    try {
      // A token that answers short must not weaken the key.
      if (secret.length !== MAC_BYTES)
        throw new WitanError('unavailable', 'the token gave no HMAC-SHA-256', { keyId });
      return work({ keyId, secret, context });
    } finally {
      secret.fill(0);
    }
  }

  #call(args: readonly string[], input?: Uint8Array): Promise<Buffer> {
    const { modulePath, tokenLabel, pin, toolPath = 'pkcs11-tool', environment = {} } = this.#options;
    const token = ['--module', modulePath, '--token-label', tokenLabel, '--login'];
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', ...environment, [PIN_VARIABLE]: pin };
    return new Promise((resolve, reject) => {
      const child = execFile(
        toolPath,
        [...token, '--pin', `env:${PIN_VARIABLE}`, ...args],
        { env, encoding: 'buffer', timeout: CALL_TIMEOUT_MS },
        (error, stdout, stderr) => (error ? reject(failed(error, stderr.toString())) : resolve(stdout)),
      );
      // A program that ends before it read its input is reported by its exit.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }
}

function idOf(keyId: string): string {
  return keyId.slice('wrap-'.length);
}

function failed(error: Error & { code?: unknown }, said: string): WitanError {
  if (error.code === 'ENOENT' || /Failed to load pkcs11 module/.test(said)) {
    const expected = 'pkcs11-tool (OpenSC), and the library of the token';
    return new WitanError('not_supported', 'no PKCS #11 here', { path: 'modulePath', expected });
  }
  if (/No slot with token named/.test(said))
    return new WitanError('not_found', 'there is no token of that name', { path: 'tokenLabel' });
  if (/CKR_PIN_|CKR_USER_PIN/.test(said))
    return new WitanError('permission_denied', 'the token refuses the PIN', { path: 'pin' });
  const code = /CKR_[A-Z_]+/.exec(said)?.[0];
  return new WitanError('unavailable', 'the token did not do what it was asked', { code });
}
