/** LogReplica on segment files: the same log as on one node, fed by another node or by this one. */
import { randomBytes } from 'node:crypto';
import { WitanError } from '../../../../contracts/errors.ts';
import { fromHex, toHex } from '../../../../contracts/ledger/bytes.ts';
import { chainStart, hashText } from '../../../../contracts/ledger/leaf.ts';
import type { RecordProof } from '../../../../contracts/messages/proof.ts';
import { sha256 } from '../../../kernel/crypto/digest.ts';
import type { LedgerCheckpoint, LedgerPort } from '../../../kernel/ports/ledger.ts';
import type {
  IngestedFrames,
  LogFrames,
  LogPosition,
  LogReplica,
  LogWriterHooks,
} from '../../../kernel/ports/cluster/log-replica.ts';
import { codeOf, nodeFileSystem, type LogFileSystem } from '../file-system.ts';
import type { LogHead } from '../head-file.ts';
import {
  openSegmentLedger,
  type SegmentLedger,
  type SegmentLedgerOptions,
  type SegmentReplication,
} from '../segment-ledger.ts';
import { takeLock, type LogLock } from '../lock-file.ts';
import { CopyFile } from './copy-file.ts';
import { afterFrames, splitFrames } from './split-frames.ts';
import { truncateLog } from './truncate-log.ts';

/** Settings of {@link openSegmentReplica}. */
export interface SegmentReplicaOptions extends Omit<SegmentLedgerOptions, 'replication'> {
  /** Makes the identity of a new copy: 16 hex digits; default: by chance. */
  readonly newCopyId?: (() => string) | undefined;
}

/**
 * Opens this node's copy of a replicated log, or creates it. A log that was written on one node becomes a
 * copy.
 * @throws as openSegmentLedger
 */
export async function openSegmentReplica(options: SegmentReplicaOptions): Promise<SegmentReplica> {
  const { folder, fs = nodeFileSystem, newCopyId = randomCopyId } = options;
  const replica = new SegmentReplica({ ...options, fs });
  await fs.createFolder(folder);
  await replica.open();
  try {
    // Behind the log's lock. After the log: a copy that has an identity has a log.
    await replica.identify(await CopyFile.open({ fs, folder }, newCopyId));
    return replica;
  } catch (error) {
    await replica.close().catch(() => undefined);
    if (error instanceof WitanError) throw error;
    throw new WitanError('storage_failed', 'the copy could not be opened', { code: codeOf(error) }, error);
  }
}

type ReplicaParts = Omit<SegmentReplicaOptions, 'fs'> & { readonly fs: LogFileSystem };

/** See LogReplica; made by {@link openSegmentReplica}. */
export class SegmentReplica implements LogReplica {
  readonly logId: string;
  readonly #options: ReplicaParts;
  #ledger: SegmentLedger | undefined;
  #file: CopyFile | undefined;
  #hooks: LogWriterHooks | undefined;
  #failure: WitanError | undefined;
  #kept: LedgerCheckpoint | undefined;
  #sealedSize = 0;
  /** What changes the copy goes one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReplicaParts) {
    this.logId = options.logId;
    this.#options = options;
  }

  /** Opens the log. @throws as openSegmentLedger */
  async open(): Promise<void> {
    this.#ledger = await openSegmentLedger({ ...this.#options, replication: this.#replication() });
    this.#sealedSize = this.#ledger.openedHead.size;
  }

  /** Takes the copy's mark. */
  async identify(file: CopyFile): Promise<void> {
    this.#file = file;
  }

  /** See LogReplica. */
  get copy(): string {
    return this.#file!.copy;
  }

  /** See LogReplica. */
  get generation(): number {
    return this.#file!.generation;
  }

  /** See LogReplica. */
  get failure(): WitanError | undefined {
    return this.#failure ?? this.#ledger?.failure;
  }

  /** See LogReplica. */
  get local(): LedgerPort {
    return this.#open();
  }

  /** See LogReplica. */
  async opened(): Promise<LedgerPort> {
    if (!this.#ledger && !this.#failure) await this.#turn;
    return this.#open();
  }

  /** See LogReplica. */
  sealedSize(): number {
    return this.#sealedSize;
  }

  /** See LogReplica. */
  root(size: number): Promise<string> {
    return this.#read((ledger) => ledger.root(size));
  }

  /** See LogReplica. */
  accept(generation: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stored(this.#file!.accept(generation));
      this.#open().raise(generation);
    });
  }

  /** See LogReplica. */
  ingest(frames: IngestedFrames): Promise<number> {
    return this.#inTurn(async () => {
      await this.#checkGeneration(frames.generation);
      if (this.#hooks) throw new WitanError('conflict', 'this copy is the writer');
      const ledger = this.#open();
      const { count, bytes, firstIndex, root } = frames;
      const size = ledger.size();
      if (firstIndex + count <= size) return size;
      const rest = size <= firstIndex ? { count, bytes } : afterFrames(frames, size - firstIndex);
      if (firstIndex > size) {
        throw new WitanError('conflict', `the copy has ${size} entries, not ${firstIndex}`, { size });
      }
      // Copied: the copy writes into the frames, and a thread takes the memory away.
      const own = Uint8Array.prototype.slice.call(rest.bytes);
      await ledger.ingest({
        bytes: own,
        count: rest.count,
        root: root === undefined ? undefined : fromHex(root),
      });
      return ledger.size();
    });
  }

  /** See LogReplica. */
  async frames(fromIndex: number, maxBytes: number): Promise<LogFrames> {
    return { firstIndex: fromIndex, ...(await this.#read((ledger) => ledger.frames(fromIndex, maxBytes))) };
  }

  /** See LogReplica. Closes the log and opens it again: what was got from `local` before is closed. */
  truncate(size: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#hooks) throw new WitanError('conflict', 'this copy is the writer');
      const ledger = this.#open();
      if (size >= ledger.size()) return;
      if (size < this.#sealedSize) {
        const details = { size, sealedSize: this.#sealedSize, field: 'head' };
        const message = `the first ${this.#sealedSize} entries are sealed and stay`;
        throw new WitanError('verification_failed', message, details);
      }
      await this.#stored(this.#cut(ledger, size));
    });
  }

  /** See LogReplica. */
  keep(checkpoint: LedgerCheckpoint): Promise<void> {
    return this.#inTurn(async () => {
      const ledger = this.#open();
      const { size, root, chainHash } = checkpoint;
      if (size > ledger.size() || size < (this.#kept?.size ?? 0) || size < this.#sealedSize) return;
      const isOwn = (await ledger.root(size)) === root && (await this.#chainAt(size)) === chainHash;
      if (!isOwn) {
        const details = { field: 'root', size, expected: root };
        throw new WitanError('verification_failed', `the first ${size} entries have another root`, details);
      }
      await this.#stored(ledger.keepHead(checkpoint));
      this.#kept = checkpoint;
      this.#sealedSize = size;
    });
  }

  /** See LogReplica. */
  kept(): LedgerCheckpoint | undefined {
    const signed = this.#ledger?.signed;
    return signed && signed.size >= (this.#kept?.size ?? 0) ? signed : this.#kept;
  }

  /** See LogReplica. */
  prove(index: number, checkpoint: LedgerCheckpoint): Promise<RecordProof> {
    return this.#read((ledger) => ledger.prove(index, checkpoint));
  }

  /** See LogReplica. */
  startWriting(generation: number, hooks: LogWriterHooks): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stored(this.#file!.accept(generation));
      this.#open().raise(generation);
      this.#hooks = hooks;
    });
  }

  /** See LogReplica. */
  stopWriting(): Promise<void> {
    this.#hooks = undefined;
    return this.#inTurn(async () => {
      await this.#ledger?.settle();
    });
  }

  /** See LogReplica. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#ledger?.close();
      this.#failure ??= new WitanError('storage_failed', 'the log is closed');
    });
  }

  async #cut(ledger: SegmentLedger, size: number): Promise<void> {
    const { fs, folder } = this.#options;
    const place = await ledger.place(size);
    // Before its files close: who finds them closed has to see that a cut did it.
    this.#ledger = undefined;
    let lock: LogLock | undefined;
    try {
      await ledger.close();
      lock = await takeLock(fs, folder);
      await truncateLog({ fs, folder }, size, place);
      await lock.release();
      lock = undefined;
      await this.open();
      this.#ledger!.raise(this.generation);
    } catch (error) {
      // Whatever is on the disk now, only a new opening may say.
      this.#failure = new WitanError(
        'storage_failed',
        'the copy could not be cut',
        { code: codeOf(error) },
        error,
      );
      throw error;
    } finally {
      await lock?.release().catch(() => undefined);
    }
  }

  #replication(): SegmentReplication {
    return {
      isWriting: () => this.#hooks !== undefined,
      onWritten: ({ root, ...frames }) => {
        const hooks = this.#hooks;
        if (!hooks) return;
        for (const part of splitFrames(frames, hooks.maxBytes)) {
          const isLast = part.firstIndex + part.count === frames.firstIndex + frames.count;
          hooks.onWritten({ ...part, root: isLast ? toHex(root) : undefined });
        }
      },
      beforeSign: async (head) => this.#beforeSign(head),
    };
  }

  async #beforeSign({ size, root }: LogHead): Promise<void> {
    if (!this.#hooks) throw new WitanError('unavailable', 'this copy is not the writer');
    const position: LogPosition = { size, root: toHex(root) };
    await this.#hooks.beforeSign(position);
    this.#sealedSize = Math.max(this.#sealedSize, size);
  }

  async #chainAt(size: number): Promise<string> {
    if (size === 0) return hashText(chainStart(this.logId, sha256));
    return (await this.#open().entry(size - 1))!.chainHash;
  }

  async #checkGeneration(generation: number): Promise<void> {
    if (generation < this.generation) await this.#file!.accept(generation);
  }

  #open(): SegmentLedger {
    if (this.#failure) throw this.#failure;
    if (this.#ledger) return this.#ledger;
    throw beingCut();
  }

  /** A read outside of turns. @throws unavailable when a cut falls into it */
  async #read<T>(read: (ledger: SegmentLedger) => Promise<T>): Promise<T> {
    const ledger = this.#open();
    try {
      return await read(ledger);
    } catch (error) {
      throw this.#ledger === ledger ? error : beingCut(error);
    }
  }

  async #stored<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof WitanError) throw error;
      throw new WitanError('storage_failed', 'the copy could not be changed', { code: codeOf(error) }, error);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function beingCut(cause?: unknown): WitanError {
  return new WitanError('unavailable', 'the copy is being cut', {}, cause);
}

function randomCopyId(): string {
  return randomBytes(8).toString('hex');
}
