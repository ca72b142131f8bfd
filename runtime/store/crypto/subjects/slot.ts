/** One slot of a key file: 512 bytes of text, so that a key can be overwritten where it lies. */
import { z } from 'zod';
import { fromBase64, toBase64 } from '../../../../contracts/ledger/bytes.ts';
import type { StoredSubjectKey } from '../../../kernel/ports/crypto/subject-keys.ts';

/** Bytes of a slot: one sector of a disk. */
export const SLOT_BYTES = 512;

const Hex = (length: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));

const Slot = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('key'),
    keyId: Hex(32),
    subjectTag: Hex(64),
    scopeTag: Hex(64),
    wrappingKeyId: z.string().max(64),
    wrapped: z.string().max(200),
  }),
  // Written before the key is overwritten: after a crash in between, the file is read again and finished.
  z.strictObject({ kind: z.literal('destroyed'), keyId: Hex(32), slot: z.int().min(-1) }),
]);

/** What a slot says; `free` holds nothing any more. */
export type SlotContent =
  | { readonly kind: 'key'; readonly key: StoredSubjectKey }
  | { readonly kind: 'destroyed'; readonly keyId: string; readonly slot: number }
  | { readonly kind: 'free' }
  | { readonly kind: 'damaged' };

/** Slot of a key. */
export function keySlot(key: StoredSubjectKey): Buffer {
  const { keyId, subjectTag, scopeTag, wrappingKeyId, wrapped } = key;
  return padded({ kind: 'key', keyId, subjectTag, scopeTag, wrappingKeyId, wrapped: toBase64(wrapped) });
}

/** Slot that says that a key is gone, and which slot held it; -1 when none does any more. */
export function destroyedSlot(keyId: string, slot: number): Buffer {
  return padded({ kind: 'destroyed', keyId, slot });
}

/** Slot that holds nothing. */
export function freeSlot(): Buffer {
  return Buffer.alloc(SLOT_BYTES);
}

/** What the bytes of a slot say; never throws. */
export function readSlot(bytes: Buffer): SlotContent {
  if (bytes.every((byte) => byte === 0)) return { kind: 'free' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('latin1'));
  } catch {
    return { kind: 'damaged' };
  }
  const slot = Slot.safeParse(parsed).data;
  if (!slot) return { kind: 'damaged' };
  if (slot.kind === 'destroyed') return slot;
  const { kind, wrapped, ...rest } = slot;
  return { kind, key: { ...rest, wrapped: fromBase64(wrapped) } };
}

function padded(value: object): Buffer {
  const text = JSON.stringify(value);
  // Every field is bounded above, so this holds for every key of a KMS that keeps its promise.
  if (text.length >= SLOT_BYTES) throw new RangeError(`a slot of ${text.length} bytes`);
  return Buffer.from(`${text.padEnd(SLOT_BYTES - 1)}\n`, 'latin1');
}
