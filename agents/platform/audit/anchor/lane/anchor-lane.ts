/**
 * The anchor on one chain: closes batches, signs one transaction at a time, follows it until it is final.
 *
 * Each step is in the outbox before it is acted on, and what the chain shows decides what comes next, so a
 * process may end anywhere: the next one reads the outbox and goes on. A root is never anchored twice, for
 * the contract takes only a root that follows the one that stands, and a nonce is used for one call alone.
 */
import { ANCHOR_BATCH_MAX_COUNT } from '../../../../../contracts/chain/anchor-call.ts';
import { toWitanError, WitanError } from '../../../../../contracts/errors.ts';
import { AnchorReceipt } from '../../../../../contracts/messages/anchor.ts';
import type { AnchoredHead, ChainIdentity } from '../../../../../runtime/kernel/ports/chain/chain.ts';
import type { AnchoredLog } from '../anchored-log.ts';
import type { AnchorRecord, AnchorStepRecord } from './anchor-event.ts';
import { isBatchDue } from './batch-rule.ts';
import { RecordFollower } from './follow-records.ts';
import type { ChainSight } from './follow-records.ts';
import { LaneBook } from './lane-book.ts';
import { logIdOf } from './lane-parts.ts';
import type { LaneParts } from './lane-parts.ts';
import { headOf, isOpen } from './lane-state.ts';
import type { LaneState } from './lane-state.ts';
import { callDataOf } from './receipt-maker.ts';
import { reconcileHead } from './reconcile-head.ts';
import type { HeadVerdict, OwnHead } from './reconcile-head.ts';
import { TransactionSender } from './transaction-sender.ts';

/** See the head of the file. */
export class AnchorLane {
  readonly parts: LaneParts;
  readonly #book: LaneBook;
  readonly #sender: TransactionSender;
  readonly #follower: RecordFollower;
  /** When the first entry was seen that is in no closed batch, by log id. */
  readonly #waitingSince = new Map<string, number>();
  /** Receipts that are being made from the chain, by record. */
  readonly #making = new Map<number, Promise<readonly AnchorReceipt[] | undefined>>();
  #isAskedFor = false;
  #isIdentified = false;
  #hold: string | null = null;
  #toldHold: string | null = null;
  #lastError: WitanError | null = null;

  /** @throws verification_failed when the outbox cannot be understood */
  constructor(parts: LaneParts) {
    this.parts = parts;
    this.#book = new LaneBook(parts.outbox);
    this.#sender = new TransactionSender(parts, this.#book);
    this.#follower = new RecordFollower(parts, this.#book, this.#sender);
  }

  get state(): LaneState {
    return this.#book.state;
  }

  /** Why nothing is sent now; null where nothing is in the way. */
  get hold(): string | null {
    return this.#hold ?? this.#sender.hold;
  }

  get lastError(): WitanError | null {
    return this.#lastError;
  }

  /** The next turn closes a batch of whatever waits. */
  askFor(): void {
    this.#isAskedFor = true;
  }

  /**
   * One look at the logs and the chain, and the steps that follow. Never throws: what went wrong is in
   * {@link lastError}, and the next turn tries again. Only one turn may run at a time.
   */
  async turn(): Promise<void> {
    if (!this.parts.isHeld()) return;
    try {
      this.#hold = null;
      this.#sender.beginTurn();
      await this.#closeBatches();
      await this.#identify();
      const sight = await this.#look();
      await this.#follower.follow(sight);
      await this.#signNext(sight);
      if (this.#book.recordCount > this.parts.rules.compactAboveCount) {
        await this.parts.onStep('anchor:before-compact');
        await this.#book.compact();
        await this.parts.onStep('anchor:compacted');
      }
      this.#lastError = null;
    } catch (error) {
      this.#lastError = toWitanError(error);
      // It may be another node of the chain that answers next, or another chain.
      this.#isIdentified = false;
    }
    this.#toldHold = this.#hold;
  }

  /**
   * Receipt of the oldest kept anchor that covers record `index` of a log.
   * @throws not_found while none does
   */
  async receipt(origin: string, index: number): Promise<AnchorReceipt> {
    const log = this.parts.logs.find((one) => one.origin === origin);
    const made = log && (await this.#receiptFor(log, index));
    if (!made) {
      const details = { path: 'index', expected: 'a record that is anchored' };
      throw new WitanError('not_found', `record ${index} is not anchored on ${this.parts.name}`, details);
    }
    const inclusion = {
      index,
      leafHash: await log.leafHash(index),
      path: [...(await log.inclusion(index, made.size))],
    };
    return { ...made, inclusion };
  }

  async #receiptFor(log: AnchoredLog, index: number): Promise<AnchorReceipt | undefined> {
    const kept = this.parts.receipts(log.origin);
    const size = kept.atLeast(index + 1);
    if (size !== undefined) return keptReceipt((await kept.get(size))!, size);
    for (const record of this.state.records) {
      if (isOpen(record) || !record.steps.some((step) => step.origin === log.origin && step.size > index))
        continue;
      const made = await this.#made(record);
      const receipt = made?.find((one) => one.origin === log.origin);
      if (receipt) return receipt;
    }
    return undefined;
  }

  /** However many ask at once, the chain is asked once. */
  #made(record: AnchorRecord): Promise<readonly AnchorReceipt[] | undefined> {
    const running = this.#making.get(record.id);
    if (running) return running;
    const making = this.#follower.receipts(record).finally(() => this.#making.delete(record.id));
    this.#making.set(record.id, making);
    return making;
  }

  /** Closes due batches; works while the chain is away, so that the queue holds the newest head. */
  async #closeBatches(): Promise<void> {
    const { logs, clock, rules } = this.parts;
    const isAskedFor = this.#isAskedFor;
    for (const log of logs) {
      const logId = logIdOf(this.parts, log.origin);
      const count = log.size() - coveredSize(this.state, logId);
      if (count <= 0) {
        this.#waitingSince.delete(logId);
        continue;
      }
      const since = this.#waitingSince.get(logId) ?? clock.monotonicMs();
      this.#waitingSince.set(logId, since);
      const ageMs = clock.monotonicMs() - since;
      if (!isBatchDue({ count, ageMs, isAskedFor }, rules.batch)) continue;
      const { size, root, note } = await log.checkpoint();
      await this.parts.onStep('anchor:before-queue');
      await this.#book.note({ type: 'queued', head: { logId, origin: log.origin, size, root, note } });
      await this.parts.onStep('anchor:queued');
      this.#waitingSince.delete(logId);
    }
    this.#isAskedFor = false;
  }

  /** Once in a life: the chain and the contract are the ones that were meant. @throws conflict */
  async #identify(): Promise<void> {
    if (this.#isIdentified) return;
    const found = await this.parts.chain.identity(this.parts.contract);
    const expected: Partial<ChainIdentity> = { ...this.state.identity, ...definedOf(this.parts.expected) };
    for (const field of ['chainId', 'genesisHash', 'codeHash'] as const) {
      const wanted = expected[field];
      if (wanted === undefined || wanted === found[field]) continue;
      this.#hold = 'identity';
      const details = { path: field, expected: String(wanted), actual: String(found[field]) };
      throw new WitanError('conflict', `the chain is not the one that was meant: ${field}`, details);
    }
    if (found.codeHash === null) {
      this.#hold = 'identity';
      throw new WitanError('conflict', 'no contract stands at the address', { path: 'contract' });
    }
    const { chainId, genesisHash, codeHash } = found;
    if (!this.state.identity) await this.#book.note({ type: 'identity', chainId, genesisHash, codeHash });
    this.#isIdentified = true;
  }

  async #look(): Promise<ChainSight> {
    const { chain, signer } = this.parts;
    const heads = await chain.heads();
    return { heads, nonceCount: await chain.nonce(signer.address) };
  }

  /** At most one transaction is on its way: while one is open, no other is signed. */
  async #signNext({ heads, nonceCount }: ChainSight): Promise<void> {
    const { records } = this.state;
    if (records.some(isOpen)) return;
    const newestBlock = Math.max(-1, ...records.map(({ place }) => place?.blockNumber ?? -1));
    // This node of the chain lags behind what we have seen: its word on heads is old.
    if (heads.latest < newestBlock) return;
    const steps = await this.#steps();
    if (steps.length === 0) return;
    const { chain, signer, contract } = this.parts;
    const estimate = await chain.estimate({
      from: signer.address,
      to: contract,
      data: callDataOf({ steps }),
    });
    if ('refusal' in estimate) {
      this.#hold = REFUSALS[estimate.refusal] ?? `refused: ${estimate.refusal}`;
      return;
    }
    const nonce = Math.max(nonceCount, ...records.map((record) => record.nonce + 1));
    await this.#sender.begin(steps, nonce, estimate.gas);
  }

  /** Steps from the heads that stand on the chain to those that are queued. */
  async #steps(): Promise<AnchorStepRecord[]> {
    const steps: AnchorStepRecord[] = [];
    for (const log of this.parts.logs) {
      const logId = logIdOf(this.parts, log.origin);
      const chainHead = await this.parts.chain.anchoredHead(this.parts.contract, logId);
      if (!(await this.#takeHead(log, logId, chainHead))) continue;
      const queued = this.state.queue.get(logId);
      if (!queued || steps.length === ANCHOR_BATCH_MAX_COUNT) continue;
      const verdict = await this.#compare(log, chainHead, queued);
      if (verdict === 'step') steps.push({ ...queued, prevRoot: chainHead.root });
      else if (verdict !== 'anchored') this.#heldBy(verdict, log, chainHead);
    }
    return steps;
  }

  /** Believes the chain's head where it fits the log; false where it does not, and nothing may follow it. */
  async #takeHead(log: AnchoredLog, logId: string, chainHead: AnchoredHead): Promise<boolean> {
    const known = headOf(this.state, logId);
    if (known.size === chainHead.size && known.root === chainHead.root) return true;
    if (chainHead.size > 0) {
      const verdict = await this.#compare(log, chainHead, await log.checkpoint());
      if (verdict !== 'step' && verdict !== 'anchored') {
        this.#heldBy(verdict, log, chainHead);
        return false;
      }
    }
    const { size, root } = chainHead;
    this.parts.tell('warn', "the chain's head of the log is not the one that was left there", {
      origin: log.origin,
      expected: known.size,
      actual: size,
    });
    await this.#book.note({ type: 'head', logId, size, root });
    return true;
  }

  async #compare(log: AnchoredLog, chain: AnchoredHead, own: OwnHead): Promise<HeadVerdict> {
    const logSize = log.size();
    const [from, to] = [Math.min(chain.size, own.size), Math.max(chain.size, own.size)];
    const needsPath = from > 0 && from < to && to <= logSize;
    const path = needsPath ? await log.consistency(from, to) : [];
    return reconcileHead({ chain, own, path, logSize }, this.parts.crypto.sha256);
  }

  #heldBy(verdict: HeadVerdict, log: AnchoredLog, { size, root }: AnchoredHead): void {
    this.#hold = verdict;
    if (this.#toldHold === verdict) return;
    this.parts.tell('error', `nothing is anchored: the log is ${verdict}`, {
      origin: log.origin,
      size,
      root,
    });
  }
}

/** Words for what stands in the way, by the contract's error. */
const REFUSALS: Readonly<Record<string, string>> = {
  EnforcedPause: 'paused',
  TooSoon: 'interval',
  GrowthTooLarge: 'growth',
  Frozen: 'frozen',
  AccessControlUnauthorizedAccount: 'role',
};

/** Entries of a log that are anchored, on their way or queued. */
export function coveredSize(state: LaneState, logId: string): number {
  let size = Math.max(headOf(state, logId).size, state.queue.get(logId)?.size ?? 0);
  for (const { steps } of state.records) {
    for (const step of steps) if (step.logId === logId) size = Math.max(size, step.size);
  }
  return size;
}

/** @throws verification_failed for a text that is none of ours any more */
function keptReceipt(text: string, size: number): AnchorReceipt {
  try {
    return AnchorReceipt.parse(JSON.parse(text));
  } catch (cause) {
    const details = { path: 'receipts', size, expected: 'a receipt of the form witan-anchor/1' };
    throw new WitanError(
      'verification_failed',
      `the kept receipt of size ${size} is damaged`,
      details,
      cause,
    );
  }
}

function definedOf(expected: Partial<ChainIdentity>): Partial<ChainIdentity> {
  return Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined));
}
