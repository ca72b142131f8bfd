/** Which entities of a shard were active: a list in the journal, so that the next owner makes them again. */
import type { JournalPort } from '../../runtime/kernel/ports/journal.ts';

// Events after which the list is written anew, so that reading it stays short.
const SNAPSHOT_EVERY = 200;

/** List of one shard, written by its owner alone: the claim's generation keeps older owners out. */
export class Remembered {
  private readonly journal: JournalPort;
  private readonly key: string;
  private readonly generation: number;
  private readonly ids = new Set<string>();
  private sequence = 0;
  private sinceSnapshot = 0;
  /** Appends go one after the other: each names the sequence that it follows. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(journal: JournalPort, shard: { kind: string; shard: number; generation: number }) {
    this.journal = journal;
    this.key = `entities.${shard.kind}.${shard.shard}`;
    this.generation = shard.generation;
  }

  /** Reads the list. @throws storage_failed */
  async load(): Promise<readonly string[]> {
    const snapshot = await this.journal.latestSnapshot(this.key);
    for (const id of (snapshot?.state as readonly string[] | undefined) ?? []) this.ids.add(id);
    this.sequence = snapshot?.sequence ?? 0;
    for await (const event of this.journal.read(this.key, this.sequence)) {
      const { id } = event.payload as { id: string };
      if (event.type === 'began') this.ids.add(id);
      else this.ids.delete(id);
      this.sequence = event.sequence;
      this.sinceSnapshot += 1;
    }
    return [...this.ids];
  }

  /** Resolves when the entity is on the list for good. @throws stale_writer, storage_failed */
  async began(id: string): Promise<void> {
    if (this.ids.has(id)) return;
    await this.append('began', id);
    this.ids.add(id);
  }

  /** Takes an entity that ended of itself off the list. @throws stale_writer, storage_failed */
  async ended(id: string): Promise<void> {
    if (!this.ids.delete(id)) return;
    await this.append('ended', id);
  }

  private append(type: 'began' | 'ended', id: string): Promise<void> {
    const next = this.last.then(
      () => this.write(type, id),
      () => this.write(type, id),
    );
    this.last = next;
    return next;
  }

  private async write(type: string, id: string): Promise<void> {
    const options = { expectedSequence: this.sequence, generation: this.generation };
    this.sequence = await this.journal.append(
      this.key,
      [{ type, schemaVersion: 1, payload: { id } }],
      options,
    );
    this.sinceSnapshot += 1;
    if (this.sinceSnapshot < SNAPSHOT_EVERY) return;
    this.sinceSnapshot = 0;
    const state = type === 'began' ? [...this.ids, id] : [...this.ids];
    await this.journal.saveSnapshot({ key: this.key, sequence: this.sequence, schemaVersion: 1, state });
  }
}
