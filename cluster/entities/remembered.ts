/** Which entities of a shard were active: a list in the journal, so that the next owner makes them again. */
import { toWitanError } from '../../contracts/errors.ts';
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
  /** What came of the last append is not known: the list is read again before the next one. */
  private isUnsure = false;
  /** Appends go one after the other: each names the sequence that it follows. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(journal: JournalPort, shard: { kind: string; shard: number; generation: number }) {
    this.journal = journal;
    this.key = `entities.${shard.kind}.${shard.shard}`;
    this.generation = shard.generation;
  }

  /** Reads the list. @throws storage_failed */
  async load(): Promise<readonly string[]> {
    this.ids.clear();
    this.sinceSnapshot = 0;
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

  private async write(type: 'began' | 'ended', id: string): Promise<void> {
    const isThere = type === 'began';
    try {
      if (this.isUnsure) {
        await this.load();
        this.isUnsure = false;
        // It was that append of which nothing was heard.
        if (this.ids.has(id) === isThere) return;
      }
      await this.store(type, id);
    } catch (error) {
      if (toWitanError(error).code !== 'stale_writer') throw error;
      // An earlier append that came late was in its way; or a newer owner, who is in it again.
      await this.load();
      if (this.ids.has(id) !== isThere) await this.store(type, id);
    }
    this.isUnsure = false;
    if (isThere) this.ids.add(id);
    else this.ids.delete(id);
    if (this.sinceSnapshot < SNAPSHOT_EVERY) return;
    this.sinceSnapshot = 0;
    const snapshot = { key: this.key, sequence: this.sequence, schemaVersion: 1, state: [...this.ids] };
    await this.journal.saveSnapshot(snapshot);
  }

  private async store(type: 'began' | 'ended', id: string): Promise<void> {
    const options = { expectedSequence: this.sequence, generation: this.generation };
    const events = [{ type, schemaVersion: 1, payload: { id } }];
    this.isUnsure = true;
    this.sequence = await this.journal.append(this.key, events, options);
    this.sinceSnapshot += 1;
  }
}
