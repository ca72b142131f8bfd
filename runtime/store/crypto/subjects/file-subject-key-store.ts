/**
 * Keys of subjects in a file of slots that are overwritten in place, and a small head beside it.
 *
 * `head.json` names the file of slots in force. A whole new state is written to a new file, the head is
 * replaced, then the old file is overwritten with zeros and removed. Every step is synced before the next
 * one.
 *
 * What overwriting cannot reach: blocks that a disk or a copying file system moved away, snapshots and
 * copies. For these there is `renew` of the port: it destroys the key under which they still open.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WitanError } from '../../../../contracts/errors.ts';
import { fromBase64, toBase64 } from '../../../../contracts/ledger/bytes.ts';
import type {
  StoredHold,
  StoredSubjectKey,
  StoredSubjectKeys,
  StoredVault,
  SubjectKeyStorePort,
} from '../../../kernel/ports/crypto/subject-keys.ts';
import { makePrivateFolder, writeSyncedFile } from '../../synced-file.ts';
import { destroyedSlot, freeSlot, keySlot, readSlot, SLOT_BYTES } from './slot.ts';

const HEAD_FILE = 'head.json';
const SLOTS_NAME = /^slots-[0-9a-f-]{36}\.bin$/;
/** A vault with more keys than this needs another store. */
const MAX_SLOTS = 10_000_000;

const Head = z.strictObject({
  format: z.literal('witan-subject-keys/1'),
  slots: z.string().regex(SLOTS_NAME),
  vault: z.strictObject({ vaultId: z.string(), wrappingKeyId: z.string(), tagSecret: z.string() }).nullable(),
  holds: z.array(
    z.strictObject({
      subjectTag: z.string(),
      holdId: z.string(),
      reason: z.string(),
      by: z.string(),
      atWallMs: z.number(),
    }),
  ),
});
type Head = z.infer<typeof Head>;

/** SubjectKeyStorePort on files, mode 0600, in a folder of mode 0700. */
export class FileSubjectKeyStore implements SubjectKeyStorePort {
  readonly #folder: string;
  readonly #step: (name: string) => void;
  readonly #places = new Map<string, number>();
  #head: Head | undefined;
  #file: FileHandle | undefined;
  #slotCount = 0;

  /** @param onStep told before each step that changes a file, for tests of crashes */
  constructor(folder: string, onStep: (name: string) => void = () => undefined) {
    this.#folder = folder;
    this.#step = onStep;
  }

  /** See SubjectKeyStorePort. Finishes what a crash cut off. */
  async load(): Promise<StoredSubjectKeys> {
    await makePrivateFolder(this.#folder);
    const head = await this.#readHead();
    this.#head = head;
    if (!head) {
      await this.#refuseKeysWithoutHead();
      return { keys: [], destroyed: [], holds: [], vault: undefined };
    }
    const state = await stored(() => this.#readSlots(head.slots));
    await this.#removeOtherSlots(head.slots);
    const vault = head.vault && { ...head.vault, tagSecret: fromBase64(head.vault.tagSecret) };
    return { ...state, holds: head.holds, vault: vault ?? undefined };
  }

  /** See SubjectKeyStorePort. */
  async add(...keys: readonly StoredSubjectKey[]): Promise<void> {
    await stored(async () => {
      this.#step('add');
      const places: number[] = [];
      for (const key of keys) places.push(await this.#write(keySlot(key)));
      await this.#file!.datasync();
      for (const [at, { keyId }] of keys.entries()) this.#places.set(keyId, places[at]!);
    });
  }

  /** See SubjectKeyStorePort. */
  async destroy(keyIds: readonly string[]): Promise<void> {
    await stored(async () => {
      const places = keyIds.map((keyId) => this.#places.get(keyId) ?? -1);
      this.#step('note');
      for (const [at, keyId] of keyIds.entries()) await this.#write(destroyedSlot(keyId, places[at]!));
      await this.#file!.datasync();
      for (const place of places) {
        if (place < 0) continue;
        this.#step('overwrite');
        await this.#file!.write(freeSlot(), 0, SLOT_BYTES, place * SLOT_BYTES);
      }
      await this.#file!.datasync();
      for (const keyId of keyIds) this.#places.delete(keyId);
    });
  }

  /** See SubjectKeyStorePort. */
  async replace({ keys, destroyed, holds, vault }: StoredSubjectKeys): Promise<void> {
    const name = `slots-${randomUUID()}.bin`;
    await stored(async () => {
      this.#step('new slots');
      const file = await open(join(this.#folder, name), 'wx+', 0o600);
      const slots = [...keys.map(keySlot), ...destroyed.map((keyId) => destroyedSlot(keyId, -1))];
      try {
        for (const slot of slots) await file.write(slot);
        await file.sync();
      } catch (error) {
        await file.close();
        throw error;
      }
      const old = this.#file;
      await this.#writeHead({ slots: name, vault: vault ?? null, holds: [...holds] }).catch(async (error) => {
        await file.close();
        throw error;
      });
      await old?.close();
      this.#file = file;
      this.#slotCount = slots.length;
      this.#places.clear();
      for (const [at, { keyId }] of keys.entries()) this.#places.set(keyId, at);
    });
    await this.#removeOtherSlots(name);
  }

  /** See SubjectKeyStorePort. */
  async setHolds(holds: readonly StoredHold[]): Promise<void> {
    const { slots, vault } = this.#head!;
    await this.#writeHead({
      slots,
      holds: [...holds],
      vault: vault && { ...vault, tagSecret: fromBase64(vault.tagSecret) },
    });
  }

  /** See SubjectKeyStorePort. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** The very first state has no keys yet: keys without a head mean that the head was lost. */
  async #refuseKeysWithoutHead(): Promise<void> {
    const files = await stored(() => readdir(this.#folder));
    for (const name of files.filter((file) => SLOTS_NAME.test(file))) {
      const { size } = await stored(() => stat(join(this.#folder, name)));
      if (size > 0) throw damaged(HEAD_FILE, `the head that names ${name}`, undefined);
    }
    await this.#removeOtherSlots(undefined);
  }

  async #readHead(): Promise<Head | undefined> {
    let text: string;
    try {
      text = await readFile(join(this.#folder, HEAD_FILE), 'utf8');
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ENOENT') return undefined;
      throw failed(cause);
    }
    try {
      return Head.parse(JSON.parse(text));
    } catch (cause) {
      throw damaged(HEAD_FILE, 'a head of the form witan-subject-keys/1', cause);
    }
  }

  async #readSlots(name: string): Promise<Pick<StoredSubjectKeys, 'keys' | 'destroyed'>> {
    await this.close();
    const file = await open(join(this.#folder, name), 'r+');
    this.#file = file;
    const bytes = await file.readFile();
    const count = Math.floor(bytes.length / SLOT_BYTES);
    const contents = Array.from({ length: count }, (_, at) =>
      readSlot(bytes.subarray(at * SLOT_BYTES, (at + 1) * SLOT_BYTES)),
    );
    const gone = contents.flatMap((one) => (one.kind === 'destroyed' ? [one] : []));
    const overwritten = new Set(gone.map((one) => one.slot));
    const damagedAt = contents.findIndex((one, at) => one.kind === 'damaged' && !overwritten.has(at));
    // The last slot may be a write that was never acknowledged; in the middle there is no such thing.
    if (damagedAt >= 0 && damagedAt < count - 1)
      throw damaged(name, `a whole slot at byte ${damagedAt * SLOT_BYTES}`, undefined);
    this.#slotCount = damagedAt >= 0 ? count - 1 : count;
    await this.#finishDestruction([...overwritten], contents.length);
    const keys = contents.flatMap((one, at) => {
      if (one.kind !== 'key' || overwritten.has(at)) return [];
      this.#places.set(one.key.keyId, at);
      return [one.key];
    });
    return { keys, destroyed: [...new Set(gone.map((one) => one.keyId))] };
  }

  /** Overwrites again what was announced: the crash may have come before, or in the middle of a slot. */
  async #finishDestruction(slots: readonly number[], count: number): Promise<void> {
    const open = slots.filter((slot) => slot >= 0 && slot < count);
    for (const slot of open) await this.#file!.write(freeSlot(), 0, SLOT_BYTES, slot * SLOT_BYTES);
    if (open.length > 0) await this.#file!.datasync();
  }

  async #writeHead({ slots, vault, holds }: Omit<Head, 'format' | 'vault'> & { vault: StoredVault | null }) {
    const head: Head = {
      format: 'witan-subject-keys/1',
      slots,
      vault: vault && { ...vault, tagSecret: toBase64(vault.tagSecret) },
      holds,
    };
    this.#step('head');
    await writeSyncedFile(join(this.#folder, HEAD_FILE), `${JSON.stringify(head, null, 2)}\n`);
    this.#head = head;
  }

  async #write(slot: Buffer): Promise<number> {
    const place = this.#slotCount;
    if (place >= MAX_SLOTS) throw new RangeError(`more than ${MAX_SLOTS} keys of subjects`);
    await this.#file!.write(slot, 0, SLOT_BYTES, place * SLOT_BYTES);
    // Counted only when it was written whole: one that was not is overwritten by the next.
    this.#slotCount = place + 1;
    return place;
  }

  /** Overwrites and removes files of slots that no head names. */
  async #removeOtherSlots(name: string | undefined): Promise<void> {
    await stored(async () => {
      const files = await readdir(this.#folder);
      for (const other of files.filter((file) => SLOTS_NAME.test(file) && file !== name)) {
        this.#step('wipe');
        await wipe(join(this.#folder, other));
      }
    });
  }
}

/** Overwrites a file with zeros, syncs, and removes it. */
async function wipe(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const zeros = Buffer.alloc(65_536);
    for (let at = 0; at < size; at += zeros.length)
      await file.write(zeros, 0, Math.min(zeros.length, size - at), at);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(path);
}

async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof WitanError ? cause : failed(cause);
  }
}

function failed(cause: unknown): WitanError {
  const { code } = cause as { code?: string };
  return new WitanError('storage_failed', 'keys of subjects could not be read or stored', { code }, cause);
}

function damaged(path: string, expected: string, cause: unknown): WitanError {
  return new WitanError('verification_failed', `${path} is damaged`, { path, expected }, cause);
}
