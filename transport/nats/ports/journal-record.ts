/** What a journal stores as one message: the events of one append together, or one snapshot. */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import type { JournalEvent, JournalSnapshot } from '../../../runtime/kernel/ports/journal.ts';

const sequence = z.int().min(0);

const AppendRecord = z.object({
  format: z.literal('witan-journal/1'),
  /** Place in the stream of the append that it follows; 0: it is the key's first. */
  follows: sequence,
  /** Of this append alone: tells it from that of another when the answer was lost. */
  id: z.string(),
  /** Sequence of its first event within the key. */
  first: sequence,
  /** Highest generation of a writer of this key, up to this append. */
  generation: sequence,
  atWallMs: z.number(),
  /** Type, version of the shape, payload. None: an append that only raised the generation. */
  events: z.array(z.tuple([z.string(), z.int(), z.unknown()])),
});
/** The events of one append, as stored. */
export type AppendRecord = z.infer<typeof AppendRecord>;

const SnapshotRecord = z.object({
  format: z.literal('witan-snapshot/1'),
  sequence,
  schemaVersion: z.int(),
  /** Place in the stream of a message of the key: while it stands, the key was not forgotten. */
  witness: sequence,
  /** Place in the stream from which the events after `sequence` are read. */
  from: sequence,
  state: z.unknown(),
});
/** A snapshot, as stored. */
export type SnapshotRecord = z.infer<typeof SnapshotRecord>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of one append. @throws invalid_argument for a payload that is not JSON */
export function encodeAppend(
  head: Omit<AppendRecord, 'format' | 'events'>,
  events: readonly Pick<JournalEvent, 'type' | 'schemaVersion' | 'payload'>[],
): Uint8Array {
  const { id, follows, first, generation, atWallMs } = head;
  const start = JSON.stringify({ format: 'witan-journal/1', id, follows, first, generation, atWallMs }).slice(
    0,
    -1,
  );
  const texts = events.map(
    ({ type, schemaVersion, payload }) => `[${JSON.stringify(type)},${schemaVersion},${jsonText(payload)}]`,
  );
  return encoder.encode(`${start},"events":[${texts.join(',')}]}`);
}

/** Opposite of {@link encodeAppend}. @throws storage_failed */
export function decodeAppend(data: Uint8Array): AppendRecord {
  return decoded(AppendRecord, data);
}

/** Bytes of a snapshot. @throws invalid_argument for a state that is not JSON */
export function encodeSnapshot(
  { sequence: at, schemaVersion, state }: JournalSnapshot,
  place: Pick<SnapshotRecord, 'witness' | 'from'>,
): Uint8Array {
  const head = { format: 'witan-snapshot/1', sequence: at, schemaVersion, ...place };
  return encoder.encode(`${JSON.stringify(head).slice(0, -1)},"state":${jsonText(state)}}`);
}

/** Opposite of {@link encodeSnapshot}. @throws storage_failed */
export function decodeSnapshot(data: Uint8Array): SnapshotRecord {
  return decoded(SnapshotRecord, data);
}

function decoded<T>(schema: z.ZodType<T>, data: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(decoder.decode(data)));
  } catch (error) {
    throw new WitanError('storage_failed', 'a message of the journal cannot be read', {}, error);
  }
}

function jsonText(value: unknown): string {
  const text = JSON.stringify(value ?? null) as string | undefined;
  if (text !== undefined) return text;
  throw new WitanError('invalid_argument', 'the value is not JSON', { expected: 'a JSON value' });
}
