/** Ledgers, disks and log files that do what none may do. */
import { join } from 'node:path';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { LedgerEntry, LedgerEntryInput, LedgerReceipt } from '../../../runtime/kernel/ports/ledger.ts';
import type { LogFile, LogFileSystem } from '../../../runtime/store/segment/file-system.ts';
import { LedgerAround } from '../world/watched-ledger.ts';
import type { Plant } from './plant.ts';

/** Takes a second final of a decision and shows it to whoever reads. */
class TwoFinals extends LedgerAround {
  readonly #seconds: LedgerEntry[] = [];

  override async append(input: LedgerEntryInput): Promise<LedgerReceipt> {
    const receipt = await this.inner.append(input);
    if (input.kind !== 'final' || receipt.appended) return receipt;
    const entry = { ...receipt.entry, payload: input.payload };
    this.#seconds.push(entry);
    return { ...receipt, entry, appended: true };
  }

  override async *read(fromIndex: number): AsyncGenerator<LedgerEntry> {
    yield* this.inner.read(fromIndex);
    yield* this.#seconds;
  }
}

/** Says that a final is recorded before it is. */
class EarlyAnswer extends LedgerAround {
  override append(input: LedgerEntryInput): Promise<LedgerReceipt> {
    const appended = this.inner.append(input);
    if (input.kind !== 'final') return appended;
    appended.catch(() => undefined);
    const leafHash = `sha256:${'0'.repeat(64)}`;
    const entry: LedgerEntry = {
      ...input,
      index: this.inner.size(),
      leafHash,
      chainHash: leafHash,
      canonical: '',
      atWallMs: 0,
    };
    return Promise.resolve({ logId: this.logId, index: entry.index, leafHash, appended: true, entry });
  }
}

/** Takes any payload for a key that is open already. */
class PayloadBlind extends LedgerAround {
  override async append(input: LedgerEntryInput): Promise<LedgerReceipt> {
    try {
      return await this.inner.append(input);
    } catch (error) {
      if (!(error instanceof WitanError) || error.code !== 'conflict') throw error;
      const [entry] = await this.inner.byDecision(input.decisionId as DecisionId);
      return {
        logId: this.logId,
        index: entry!.index,
        leafHash: entry!.leafHash,
        appended: false,
        entry: entry!,
      };
    }
  }
}

/** A disk whose sync of segments does nothing: what it calls durable a power cut takes away. */
function withoutSync(inner: LogFileSystem): LogFileSystem {
  return new Proxy(inner, {
    get(target, name) {
      if (name !== 'open') return (target[name as keyof LogFileSystem] as () => unknown).bind(target);
      return async (path: string, mode: 'read' | 'write' | 'create'): Promise<LogFile> => {
        const file = await target.open(path, mode);
        return path.endsWith('.seg') ? { ...file, datasync: async () => undefined } : file;
      };
    },
  });
}

/** See the head of the file. */
export const LEDGER_PLANTS: readonly Plant[] = [
  {
    name: 'two-finals',
    breaks: 'one-final',
    what: 'the ledger accepts a second final',
    ledger: (inner) => new TwoFinals(inner),
  },
  {
    name: 'early-answer',
    breaks: 'released-is-recorded',
    what: 'a verdict is released before its append is durable',
    ledger: (inner) => new EarlyAnswer(inner),
  },
  {
    name: 'sync-does-nothing',
    breaks: 'acknowledged-survives',
    what: 'the disk acknowledges a sync that it did not make',
    disk: withoutSync,
  },
  {
    name: 'payload-blind',
    breaks: 'other-payload-conflicts',
    what: 'the ledger takes another payload for a key that is taken',
    ledger: (inner) => new PayloadBlind(inner),
  },
  {
    name: 'changed-byte',
    breaks: 'log-verifies',
    what: 'one byte of the stored log is changed',
    spoil: (disk, folder) => disk.tamper(join(folder, '0000000000.seg'), (bytes) => (bytes[400]! ^= 1)),
  },
];
