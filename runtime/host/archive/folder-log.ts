/** A log as its files tell it, for backups that are made by hand; the node may run meanwhile. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { parseCheckpointText, parseNote } from '../../../contracts/ledger/checkpoint.ts';
import { hashText, parseEntry } from '../../../contracts/ledger/leaf.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { LedgerCheckpoint, LedgerEntry, LedgerPort } from '../../kernel/ports/ledger.ts';
import type { ArchiveSource } from '../../store/archive/archive-writer.ts';
import { nodeFileSystem } from '../../store/segment/file-system.ts';
import { readManifest } from '../../store/segment/open-log.ts';
import { scanLog } from '../../store/segment/scan.ts';
import { CHECKPOINT_FILE } from '../../store/segment/sealer.ts';

/** {@link ArchiveSource} over files. Each question reads the log from its start: O(log). */
export class FolderLog implements ArchiveSource {
  readonly logId: string;
  readonly #folder: string;

  private constructor(folder: string, logId: string) {
    this.#folder = folder;
    this.logId = logId;
  }

  /** @throws not_found where there is no log */
  static async open(folder: string): Promise<FolderLog> {
    const manifest = await readManifest({ fs: nodeFileSystem, folder });
    if (manifest) return new FolderLog(folder, manifest.logId);
    throw new WitanError('not_found', `${folder} holds no log`, { expected: 'the log of a data folder' });
  }

  /** The same log where a ledger is asked for: reading alone, everything else is `not_supported`. */
  asLedger(): LedgerPort {
    const refuse = (): never => {
      throw new WitanError('not_supported', 'a log that is read from its files is only read', {});
    };
    return {
      logId: this.logId,
      append: refuse,
      byDecision: refuse,
      entry: (index) => this.entry(index),
      read: (fromIndex) => this.read(fromIndex),
      size: refuse,
      checkpoint: () => this.checkpoint(),
      proof: refuse,
      inclusion: refuse,
      consistency: refuse,
      tile: refuse,
      close: async () => undefined,
    };
  }

  /** The newest signed head on the disk; the log may have grown since. @throws not_found */
  async checkpoint(): Promise<LedgerCheckpoint> {
    const note = await readFile(join(this.#folder, CHECKPOINT_FILE), 'utf8').catch(() => '');
    if (note === '') throw new WitanError('not_found', 'the log has no signed checkpoint yet', {});
    return { ...parseCheckpointText(parseNote(note).text), note };
  }

  async entry(index: number): Promise<LedgerEntry | undefined> {
    for await (const entry of this.read(index)) return entry;
    return undefined;
  }

  async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    for await (const { header, frame, leafHash } of scanLog(nodeFileSystem, this.#folder, this.logId)) {
      if (header.index < fromIndex) continue;
      const canonical = frame.text.toString('utf8');
      const { decisionId, ...entry } = parseEntry(canonical);
      yield {
        ...entry,
        ...(decisionId !== undefined && { decisionId: decisionId as DecisionId }),
        canonical,
        leafHash: hashText(leafHash),
        chainHash: hashText(frame.chain),
      };
    }
  }
}
