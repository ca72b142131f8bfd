/** The cell of a log in the key-value store: read, watched, and changed by compare-and-set alone. */
import { WitanError, toWitanError } from '../../contracts/errors.ts';
import { logKey } from '../../contracts/cluster-names.ts';
import { LogCell } from '../../contracts/messages/cluster/log-cell.ts';
import type { KvPort } from '../../runtime/kernel/ports/kv.ts';

/** The cell at one revision. */
export interface CellState {
  readonly cell: LogCell;
  readonly revision: number;
}

/**
 * What became of a change. `unknown`: it may have happened, and may still happen until a later change
 * succeeds.
 * `refused`: it did not happen; `state` is what was read afterwards, which may be older than what refused it.
 */
export type CellChange =
  | { readonly outcome: 'changed'; readonly state: CellState }
  | { readonly outcome: 'refused'; readonly state: CellState | undefined }
  | { readonly outcome: 'unknown' };

/** See the head of the file. */
export class LogCellStore {
  readonly #kv: KvPort;
  readonly #key: string;
  readonly #onError: ((error: WitanError) => void) | undefined;

  constructor(kv: KvPort, log: string, onError?: (error: WitanError) => void) {
    this.#kv = kv;
    this.#key = logKey(log);
    this.#onError = onError;
  }

  /**
   * The cell as it was at some time; undefined when there was none. @throws unavailable, verification_failed
   */
  async read(): Promise<CellState | undefined> {
    const entry = await this.#kv.get(this.#key);
    return entry && { cell: parsed(entry.value), revision: entry.revision };
  }

  /** Writes the cell at the revision named, or where there is none. Never throws. */
  async change(cell: LogCell, revision: number | undefined): Promise<CellChange> {
    const value = new TextEncoder().encode(JSON.stringify(cell));
    try {
      const written = await (revision === undefined
        ? this.#kv.create(this.#key, value)
        : this.#kv.update(this.#key, value, revision));
      return { outcome: 'changed', state: { cell, revision: written } };
    } catch (error) {
      const { code } = toWitanError(error);
      if (code !== 'stale_writer' && code !== 'already_exists') return { outcome: 'unknown' };
    }
    const state = await this.read().catch(() => undefined);
    // The answer of an earlier try at the same change may have been lost: then it is ours that stands there.
    const isOwn = state && JSON.stringify(state.cell) === JSON.stringify(cell);
    return isOwn ? { outcome: 'changed', state } : { outcome: 'refused', state };
  }

  /**
   * Calls `listener` with the cell and each change of it, until `signal` aborts; watches again after a
   * fault.
   */
  async watch(listener: (state: CellState) => void, signal: AbortSignal): Promise<void> {
    for await (const { key, value, revision } of this.#kv.watch(this.#key, signal)) {
      if (key !== this.#key || value === undefined) continue;
      try {
        listener({ cell: parsed(value), revision });
      } catch (error) {
        this.#onError?.(toWitanError(error));
      }
    }
  }
}

function parsed(value: Uint8Array): LogCell {
  try {
    return LogCell.parse(JSON.parse(new TextDecoder().decode(value)));
  } catch (cause) {
    throw new WitanError('verification_failed', 'the cell of the log is damaged', { path: 'logs' }, cause);
  }
}
