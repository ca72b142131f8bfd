/** A log that is loaded: a node over HTTP, or a fresh log in a folder of this process. */
import { errorInBody, WitanError } from '../../../contracts/errors.ts';
import { fromHex } from '../../../contracts/ledger/bytes.ts';
import { encodeTilePath } from '../../../contracts/ledger/tlog/tile-path.ts';
import type { Clock } from '../../kernel/clock.ts';
import { MemoryKeys } from '../../store/keys/memory-keys.ts';
import { openSegmentLedger } from '../../store/segment/segment-ledger.ts';

/** An entry that the log says it has. */
export interface HammeredEntry {
  readonly index: number;
  readonly leafHash: Uint8Array;
}

/** What is loaded and read back. */
export interface HammerTarget {
  /** Resolves when the log says that the entry is durable. */
  append(payload: { readonly text: string }): Promise<HammeredEntry>;
  /** Newest checkpoint, a signed note. */
  checkpoint(): Promise<string>;
  tile(level: number, index: number, width: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;

/** Loads a fresh log in `folder`, straight through the ledger. @throws already_exists, storage_failed */
export async function folderTarget(folder: string, clock: Clock): Promise<HammerTarget> {
  const keys = new MemoryKeys({ clock });
  const ledger = await openSegmentLedger({ folder, logId: 'witan/hammer', keys, clock });
  return {
    async append({ text }) {
      const { entry } = await ledger.append({ kind: 'event', tenant: 'hammer', payload: { text } });
      return { index: entry.index, leafHash: fromHex(entry.leafHash.slice('sha256:'.length)) };
    },
    checkpoint: async () => (await ledger.checkpoint()).note,
    tile: (level, index, width) => ledger.tile(level, index, width),
    close: () => ledger.close(),
  };
}

/** Loads a running node through its doors. `headers` show who asks. */
export function nodeTarget(url: string, headers: Readonly<Record<string, string>>): HammerTarget {
  const base = url.replace(/\/+$/, '');
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const all = { ...headers, ...(init.headers as Record<string, string> | undefined) };
    const answer = await fetch(`${base}${path}`, { ...init, headers: all, signal });
    if (answer.ok) return answer;
    const body: unknown = await answer.json().catch(() => undefined);
    throw errorInBody(body) ?? new WitanError('unavailable', `the node answers ${answer.status}`, {});
  };
  return {
    async append({ text }) {
      const event = { event_type: 'hammer', agent_id: 'hammer', action: 'append', result: text };
      const answer = await call('/audit/event', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event),
      });
      const { index, hash } = (await answer.json()) as { index: number; hash: string };
      return { index, leafHash: fromHex(hash.slice('sha256:'.length)) };
    },
    checkpoint: async () => (await call('/api/v1/log/checkpoint')).text(),
    async tile(level, index, width) {
      const answer = await call(`/api/v1/log/tile/${encodeTilePath({ level, index, width })}`);
      return new Uint8Array(await answer.arrayBuffer());
    },
    close: async () => undefined,
  };
}
