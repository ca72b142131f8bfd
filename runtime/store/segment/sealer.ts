/** Makes heads durable and signs them, beside the path of appends. */
import { join } from 'node:path';
import { WitanError } from '../../../contracts/errors.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import { hashText } from '../../../contracts/ledger/leaf.ts';
import type { LedgerCheckpoint } from '../../kernel/ports/ledger.ts';
import type { LogSigner } from '../ledger/log-signer.ts';
import { codeOf } from './file-system.ts';
import type { LogEngine } from './core/log-engine.ts';
import type { LogHead } from './head-file.ts';
import type { LogFiles, LogState } from './log-state.ts';

/** File with the newest signed checkpoint, under the name that tlog-tiles gives it. */
export const CHECKPOINT_FILE = 'checkpoint';

/** What a {@link Sealer} works on. */
export interface SealerOptions extends LogFiles {
  readonly state: LogState;
  readonly engine: LogEngine;
  readonly signer: LogSigner;
  /** Resolves when a head may be made durable and signed. @throws unavailable when it may not */
  readonly beforeSign?: ((head: LogHead) => Promise<void>) | undefined;
}

/** Gives signed checkpoints; requests that come while one is made share the next. */
export class Sealer {
  readonly #options: SealerOptions;
  #latest: LedgerCheckpoint | undefined;
  #latestKey = '';
  #current: Promise<LedgerCheckpoint> | undefined;
  #next: Promise<LedgerCheckpoint> | undefined;

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** The newest checkpoint of this run. */
  get latest(): LedgerCheckpoint | undefined {
    return this.#latest;
  }

  /** Entries that no checkpoint of this run covers. */
  get unsealedCount(): number {
    return this.#options.state.size - (this.#latest?.size ?? 0);
  }

  /**
   * Checkpoint over at least all entries that are durable now. @throws unavailable when the head cannot be
   * kept
   */
  seal(): Promise<LedgerCheckpoint> {
    const isCurrent = this.unsealedCount === 0 && this.#latestKey === this.#options.signer.keyId();
    if (this.#latest && isCurrent) return Promise.resolve(this.#latest);
    if (!this.#current) return this.#start();
    // The one in the making may have read the size before the caller's entry was durable.
    this.#next ??= this.#current.catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  /** Resolves when no checkpoint is in the making. */
  async settle(): Promise<void> {
    while (this.#current) await this.#current.catch(() => undefined);
  }

  #start(): Promise<LedgerCheckpoint> {
    this.#next = undefined;
    const made = this.#make().finally(() => {
      if (this.#current === made) this.#current = undefined;
    });
    this.#current = made;
    return made;
  }

  async #make(): Promise<LedgerCheckpoint> {
    const { fs, folder, signer } = this.#options;
    const sealed = await this.#sealed().catch((cause: unknown) => {
      if (cause instanceof WitanError && cause.code === 'unavailable') throw cause;
      const details = { code: codeOf(cause) };
      throw new WitanError('unavailable', 'the head of the log could not be made durable', details, cause);
    });
    // Signed only now: a head that could still be lost must never have a signature.
    const { size, root, chain } = sealed;
    const keyId = signer.keyId();
    const checkpoint = signer.sign({
      logId: signer.logId,
      size,
      root: toHex(root),
      chainHash: hashText(chain),
    });
    this.#latest = checkpoint;
    this.#latestKey = keyId;
    // Readers of the folder may see an older note for a moment; the head file is what counts after a crash.
    await fs
      .replaceText(join(folder, CHECKPOINT_FILE), checkpoint.note, { durable: false })
      .catch(() => undefined);
    return checkpoint;
  }

  async #sealed(): Promise<LogHead> {
    const { engine, beforeSign } = this.#options;
    if (!beforeSign) return engine.seal();
    const head = await engine.head();
    await beforeSign(head);
    await engine.save(head);
    return head;
  }
}
