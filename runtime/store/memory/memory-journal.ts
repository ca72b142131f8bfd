/** Journal in memory: for tests, examples and nodes that may forget. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type {
  AppendOptions,
  JournalEvent,
  JournalPort,
  JournalSnapshot,
} from '../../kernel/ports/journal.ts';
import { PortLife } from '../port-life.ts';

interface KeyLog {
  // Stored as text, so that no later change of a caller's object reaches what was appended.
  readonly events: { type: string; schemaVersion: number; payload: string; atWallMs: number }[];
  generation: number;
  snapshot: { sequence: number; schemaVersion: number; state: string } | undefined;
}

/** {@link JournalPort} that lives as long as the object. */
export class MemoryJournal implements JournalPort {
  readonly #clock: Clock;
  readonly #life = new PortLife('journal');
  readonly #logs = new Map<string, KeyLog>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async append(
    key: string,
    events: readonly Pick<JournalEvent, 'type' | 'schemaVersion' | 'payload'>[],
    options: AppendOptions,
  ): Promise<number> {
    this.#life.assertOpen();
    const log = this.#logs.get(key) ?? { events: [], generation: 0, snapshot: undefined };
    const { expectedSequence, generation } = options;
    if (generation !== undefined && generation < log.generation) {
      throw new WitanError('stale_writer', `a writer of generation ${log.generation} is ahead`, {
        expected: `generation ${log.generation} or higher`,
      });
    }
    if (expectedSequence !== log.events.length) {
      throw new WitanError('stale_writer', `the journal stands at ${log.events.length}`, {
        expected: `expectedSequence ${log.events.length}`,
      });
    }
    const atWallMs = this.#clock.wallMs();
    const stored = events.map(({ type, schemaVersion, payload }) => ({
      type,
      schemaVersion,
      payload: toText(payload),
      atWallMs,
    }));
    log.events.push(...stored);
    log.generation = Math.max(log.generation, generation ?? 0);
    this.#logs.set(key, log);
    return log.events.length;
  }

  async *read(key: string, afterSequence: number): AsyncIterable<JournalEvent> {
    this.#life.assertOpen();
    const events = this.#logs.get(key)?.events ?? [];
    const size = events.length;
    for (let sequence = afterSequence + 1; sequence <= size; sequence++) {
      this.#life.assertOpen();
      const event = events[sequence - 1]!;
      yield { key, sequence, ...event, payload: JSON.parse(event.payload) as unknown };
    }
  }

  async latestSnapshot(key: string): Promise<JournalSnapshot | undefined> {
    this.#life.assertOpen();
    const snapshot = this.#logs.get(key)?.snapshot;
    return snapshot && { key, ...snapshot, state: JSON.parse(snapshot.state) as unknown };
  }

  async saveSnapshot({ key, sequence, schemaVersion, state }: JournalSnapshot): Promise<void> {
    this.#life.assertOpen();
    const log = this.#logs.get(key);
    if (!log || sequence > log.events.length) {
      throw new WitanError('invalid_argument', `no event ${sequence} stands behind the snapshot`, {
        path: 'sequence',
      });
    }
    if (log.snapshot && log.snapshot.sequence > sequence) return;
    log.snapshot = { sequence, schemaVersion, state: toText(state) };
  }

  async *keys(prefix: string): AsyncIterable<string> {
    this.#life.assertOpen();
    yield* [...this.#logs.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async forget(key: string): Promise<void> {
    this.#life.assertOpen();
    this.#logs.delete(key);
  }

  async close(): Promise<void> {
    this.#life.close();
  }
}

function toText(value: unknown): string {
  const text = JSON.stringify(value ?? null) as string | undefined;
  if (text === undefined)
    throw new WitanError('invalid_argument', 'the value is not JSON', { expected: 'a JSON value' });
  return text;
}
