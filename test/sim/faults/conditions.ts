/** What is wrong in the world at this moment. */
import { WitanError } from '../../../contracts/errors.ts';
import type { Clock, SeededRandom } from '../../../runtime/kernel/index.ts';
import type { DiskFault, DiskOperation } from '../../../runtime/store/segment/memory-disk.ts';
import type { NetworkWeather, Scenario } from '../scenario/scenario.ts';
import type { FaultCounter } from './fault-counter.ts';
import type { ReplyFate } from '../world/watched-ledger.ts';

/** Mutable state of the faults that last, and the hooks that ask for it. */
export class Conditions {
  wallOffsetMs = 0;
  isDiskFull = false;
  isDiskSlow = false;
  isJournalFailing = false;
  isIndexFailing = false;
  /** The next write to a segment fails, and no other. */
  isWriteErrorDue = false;
  /** The next sync of a segment fails. */
  isSyncErrorDue = false;
  /** The log does not know what is on its disk: it takes nothing until it is opened again. */
  isLogBroken = false;
  /** What becomes of the next answer of the log. */
  nextReply: ReplyFate = 'given';
  /** Called once, when the next final entry is handed to the log. */
  onFinalAppend: ((decisionId: string) => void) | undefined;
  readonly #scenario: Scenario;
  readonly #faults: FaultCounter;
  readonly #chance: SeededRandom;
  #isOver = false;

  constructor(scenario: Scenario, faults: FaultCounter, chance: SeededRandom) {
    this.#scenario = scenario;
    this.#faults = faults;
    this.#chance = chance;
  }

  /** Ends everything that is wrong and can be put right. */
  end(): void {
    this.#isOver = true;
    this.isDiskFull = false;
    this.isDiskSlow = false;
    this.isJournalFailing = false;
    this.isIndexFailing = false;
    this.isSyncErrorDue = false;
    this.isWriteErrorDue = false;
    this.nextReply = 'given';
    this.onFinalAppend = undefined;
  }

  /** A final entry is handed to the log. */
  finalAppended(decisionId: string): void {
    const strike = this.onFinalAppend;
    this.onFinalAppend = undefined;
    strike?.(decisionId);
  }

  weather(): NetworkWeather {
    const { network } = this.#scenario;
    return this.#isOver ? { ...network, dropShare: 0, duplicateShare: 0, delayShare: 0 } : network;
  }

  /** Disk of a node that runs on `clock`. */
  diskFault(clock: Clock): (operation: DiskOperation) => Promise<DiskFault> {
    return async (operation) => {
      await this.#diskTime(clock, operation);
      if (this.isDiskFull && (operation.kind === 'write' || operation.kind === 'create')) {
        this.#faults.add('disk-full');
        return this.#chance.next() < 0.7 ? 'ENOSPC' : undefined;
      }
      const isSegment = operation.path.endsWith('.seg');
      if (this.isWriteErrorDue && operation.kind === 'write' && isSegment) {
        this.isWriteErrorDue = false;
        this.#faults.add('write-error');
        return 'EIO';
      }
      if (this.isSyncErrorDue && operation.kind === 'datasync' && isSegment) {
        this.isSyncErrorDue = false;
        this.#faults.add('sync-error');
        return 'EIO';
      }
      return undefined;
    };
  }

  async #diskTime(clock: Clock, { kind }: DiskOperation): Promise<void> {
    if (kind !== 'datasync') return;
    const slowMs = this.isDiskSlow ? 250 + this.#chance.below(500) : 0;
    if (slowMs > 0) this.#faults.add('disk-slow');
    const ms = slowMs + this.#chance.next() * this.#scenario.diskMaxMs;
    if (ms > 0) await new Promise<void>((done) => clock.setTimer(ms, done));
  }

  /** Fate of an answer of the log, taken once. */
  takeReplyFate(): ReplyFate {
    const fate = this.nextReply;
    this.nextReply = 'given';
    if (fate !== 'given') this.#faults.add(`reply-${fate}`);
    return fate;
  }

  /** Throws while the journal fails. */
  readonly checkJournal = (): void => {
    if (!this.isJournalFailing) return;
    this.#faults.add('journal-failing');
    throw new WitanError('storage_failed', 'the journal fails');
  };

  /** Throws while the index fails. */
  readonly checkIndex = (): void => {
    if (!this.isIndexFailing) return;
    this.#faults.add('index-failing');
    throw new WitanError('unavailable', 'the index fails');
  };
}
