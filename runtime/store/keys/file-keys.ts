/** Durable Ed25519 keys: one file per key, mode 0600, in a folder of mode 0700. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { AggregateHalf, KeyInfo } from '../../kernel/ports/keys.ts';
import type { DerivingKeys } from './aggregate/aggregating-keys.ts';
import { decodeKeyFile, encodeKeyFile, SecretBox } from './key-file.ts';
import {
  recoverKeyFolder,
  replaceWiped,
  stored,
  syncFolderSync,
  wipeFile,
  writeSyncedSync,
} from './key-folder.ts';
import { KeyRing, makeKey, type HeldKey } from './key-ring.ts';

/** Settings of {@link FileKeys}. */
export interface FileKeysOptions {
  /** Folder of the keys; made, and closed to others, when the keys are opened. */
  readonly folder: string;
  readonly clock: Clock;
  /**
   * Encrypts the secret halves: scrypt (N = 2^17, r = 8, p = 1), AES-256-GCM. Files stored without one are
   * encrypted when the folder is opened, once all others opened under it.
   */
  readonly passphrase?: string;
  /** Told before each file that is encrypted at the opening, for tests of crashes. */
  readonly onStep?: (name: string) => void;
}

/**
 * KeysPort on files. A change is on the disk (written aside, synced, renamed) before it takes effect.
 *
 * One process at a time: the node that owns the folder also holds the lock of its log.
 */
export class FileKeys implements DerivingKeys {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #box: SecretBox;
  readonly #ring: KeyRing;
  readonly #sequences = new Map<string, number>();
  readonly #plain = new Set<string>();
  #last = 0;

  /**
   * Opens the keys of a folder, or an empty folder.
   * @throws verification_failed for a damaged file, permission_denied for a wrong passphrase, storage_failed
   */
  constructor({ folder, clock, passphrase, onStep }: FileKeysOptions) {
    this.#folder = folder;
    this.#clock = clock;
    this.#box = new SecretBox(passphrase);
    this.#ring = new KeyRing(clock);
    this.#load();
    if (passphrase !== undefined) this.#encryptPlain(onStep ?? (() => undefined));
  }

  /** See KeysPort. @throws storage_failed when a new key cannot be kept */
  active(purpose: string): KeyInfo {
    return this.#ring.active(purpose) ?? this.#make(purpose);
  }

  /** See KeysPort. */
  sign(keyId: string, message: Uint8Array): Uint8Array {
    return this.#ring.sign(keyId, message);
  }

  /** See KeysPort. */
  get(keyId: string): KeyInfo | undefined {
    return this.#ring.get(keyId);
  }

  /** See KeysPort. */
  list(): readonly KeyInfo[] {
    return this.#ring.list();
  }

  /**
   * See KeysPort. The new key is stored before the old one is retired, so a crash between leaves a key that
   * signs.
   */
  async rotate(purpose: string, reason: string): Promise<KeyInfo> {
    const old = this.#ring.active(purpose);
    const made = this.#make(purpose);
    if (old) this.#end(old.keyId, 'retired', reason);
    return made;
  }

  /** See KeysPort. */
  async revoke(keyId: string, reason: string): Promise<KeyInfo> {
    return this.#end(keyId, 'revoked', reason);
  }

  /** See KeysPort. */
  async close(): Promise<void> {
    // Files are open only while they are read or written.
  }

  /** See DerivingKeys. */
  derive(keyId: string, label: string): Uint8Array {
    return this.#ring.derive(keyId, label);
  }

  /** See DerivingKeys. Kept in the key's file: a node that stops aggregating still proves what it did. */
  keepAggregate(keyId: string, aggregate: AggregateHalf): void {
    const { info, secret } = this.#ring.held(keyId);
    this.#store({ info: { ...info, aggregate }, secret });
    this.#ring.replace({ ...info, aggregate });
  }

  #load(): void {
    const loaded = stored(() => {
      recoverKeyFolder(this.#folder);
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      // A folder that existed before keeps its old mode otherwise.
      chmodSync(this.#folder, 0o700);
      const names = readdirSync(this.#folder).filter((name) => name.endsWith('.key.json'));
      return names.map((name) => ({ name, text: readFileSync(join(this.#folder, name), 'utf8') }));
    });
    const keys = loaded.map(({ name, text }) => decodeKeyFile(text, name, this.#box));
    keys.sort((left, right) => left.sequence - right.sequence);
    for (const { key, sequence, isPlain } of keys) {
      const { purpose, state } = key.info;
      const older = state === 'active' ? this.#ring.active(purpose) : undefined;
      this.#ring.add(key);
      this.#sequences.set(key.info.keyId, sequence);
      this.#last = Math.max(this.#last, sequence);
      if (isPlain) this.#plain.add(key.info.keyId);
      // A crash in the middle of a rotation leaves two: the newer one stays.
      if (older) this.#end(older.keyId, 'retired', 'a rotation that was cut off');
    }
  }

  /** Encrypts what was stored before there was a passphrase, one whole file after the other. */
  #encryptPlain(step: (name: string) => void): void {
    for (const keyId of this.#plain) {
      step(`encrypt ${keyId}`);
      this.#store(this.#ring.held(keyId));
    }
    // A file that a crash left before it got its name may hold a plain secret.
    const left = stored(() => readdirSync(this.#folder).filter((name) => name.endsWith('.tmp')));
    for (const name of left) stored(() => wipeFile(join(this.#folder, name)));
  }

  #make(purpose: string): KeyInfo {
    const key = makeKey(purpose, randomBytes(32), this.#clock.wallMs());
    this.#last += 1;
    this.#sequences.set(key.info.keyId, this.#last);
    this.#store(key);
    this.#ring.add(key);
    return key.info;
  }

  #end(keyId: string, state: 'retired' | 'revoked', reason: string): KeyInfo {
    const info = this.#ring.ended(keyId, state, reason);
    this.#store({ info, secret: this.#ring.held(keyId).secret });
    this.#ring.replace(info);
    return info;
  }

  #store(key: HeldKey): void {
    const sequence = this.#sequences.get(key.info.keyId)!;
    const text = encodeKeyFile(key, sequence, this.#box);
    const path = join(this.#folder, `${key.info.keyId.replaceAll('/', '.').replace('#', '-')}.key.json`);
    stored(() => {
      if (this.#plain.delete(key.info.keyId)) {
        replaceWiped(path, text);
        return;
      }
      const temporary = `${path}.tmp`;
      writeSyncedSync(temporary, text);
      renameSync(temporary, path);
      syncFolderSync(this.#folder);
    });
  }
}
