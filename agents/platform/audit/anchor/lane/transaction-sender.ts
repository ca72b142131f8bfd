/** Signs, sends and replaces transactions: what is sent was in the outbox before. */
import { WitanError } from '../../../../../contracts/errors.ts';
import type { AnchorRecord, AnchorStepRecord, SignedTransaction } from './anchor-event.ts';
import type { LaneBook } from './lane-book.ts';
import type { LaneParts } from './lane-parts.ts';
import { newestTx, spentOn, worstCostWei } from './lane-state.ts';
import { dayOf, firstOffer, isInBudget, nextOffer } from './plan-fee.ts';
import type { FeeOffer } from './plan-fee.ts';
import { callDataOf } from './receipt-maker.ts';

/** Why nothing is sent. */
export type SendHold = 'fee' | 'budget' | 'no-funds';

/** Room above the estimate, in parts of 100: the head's slots may be warmer now than in the block. */
const GAS_ROOM = 125n;

interface Times {
  signedMs: number;
  sentMs: number;
}

/** See the head of the file. */
export class TransactionSender {
  readonly #parts: LaneParts;
  readonly #book: LaneBook;
  readonly #times = new Map<number, Times>();
  #hold: SendHold | null = null;

  constructor(parts: LaneParts, book: LaneBook) {
    this.#parts = parts;
    this.#book = book;
  }

  /** Why the last attempt of this turn was held back. */
  get hold(): SendHold | null {
    return this.#hold;
  }

  beginTurn(): void {
    this.#hold = null;
  }

  /** How long ago a record's newest bytes were signed and sent, as far as this process knows. */
  times(id: number): { readonly ageMs: number; readonly sinceSentMs: number } {
    const nowMs = this.#parts.clock.monotonicMs();
    const times = this.#timesOf(id);
    return { ageMs: nowMs - times.signedMs, sinceSentMs: nowMs - times.sentMs };
  }

  forget(id: number): void {
    this.#times.delete(id);
  }

  /** Signs one call for these steps under `nonce`, and sends it. */
  async begin(steps: readonly AnchorStepRecord[], nonce: number, estimatedGas: bigint): Promise<void> {
    const { rules, chain } = this.#parts;
    const offer = firstOffer(await chain.fees(), rules.fee);
    if (!offer) return this.#held('fee');
    const gasLimit = (estimatedGas * GAS_ROOM) / 100n;
    const state = this.#book.state;
    if (!this.#fitsBudget(gasLimit * offer.maxFeeWei, 0n)) return this.#held('budget');
    await this.#parts.onStep('anchor:before-sign');
    const tx = await this.#sign({ steps: [...steps], nonce, gasLimit, offer });
    const record: AnchorRecord = {
      id: state.nextId,
      nonce,
      steps: [...steps],
      txs: [tx],
      state: 'signed',
      place: null,
    };
    await this.#book.note({ type: 'signed', record });
    this.#signedNow(record.id);
    await this.#parts.onStep('anchor:signed');
    await this.broadcast(record);
  }

  /** Sends a record's newest bytes; harmless where the chain has them. */
  async broadcast(record: AnchorRecord): Promise<void> {
    if (!this.#parts.isHeld()) return;
    await this.#parts.onStep('anchor:before-broadcast');
    const outcome = await this.#parts.chain.broadcast(newestTx(record).raw);
    await this.#parts.onStep('anchor:broadcast');
    this.#timesOf(record.id).sentMs = this.#parts.clock.monotonicMs();
    if (outcome === 'no-funds') return this.#held('no-funds');
    // Another transaction with this nonce pays about as much: only a higher fee gets past it.
    if (outcome === 'underpriced') this.#timesOf(record.id).signedMs = -Infinity;
    if (record.state === 'sent') return;
    await this.#book.note({ type: 'sent', id: record.id });
    await this.#parts.onStep('anchor:sent');
  }

  /** Signs the same call under the same nonce with a higher fee, and sends it. */
  async replace(record: AnchorRecord): Promise<void> {
    const { rules, chain } = this.#parts;
    const earlier = newestTx(record);
    const offer = nextOffer(earlier, await chain.fees(), rules.fee);
    const gasLimit = await this.#gasLimitOf(record, earlier);
    const isAffordable = offer && this.#fitsBudget(gasLimit * offer.maxFeeWei, worstCostWei(earlier));
    if (!offer || !isAffordable) {
      this.#held(offer ? 'budget' : 'fee');
      // What was offered still holds, and the chain may have lost it.
      if (this.times(record.id).sinceSentMs >= rules.step.againMs) await this.broadcast(record);
      return;
    }
    const tx = await this.#sign({ steps: record.steps, nonce: record.nonce, gasLimit, offer });
    await this.#book.note({ type: 'replaced', id: record.id, tx });
    this.#signedNow(record.id);
    await this.#parts.onStep('anchor:replaced');
    this.#parts.tell('info', 'an anchor waits; its fee is raised', { nonce: record.nonce, txHash: tx.hash });
    await this.broadcast({ ...record, state: 'signed', txs: [...record.txs, tx] });
  }

  /** Asked anew: a limit that the chain had named too low would keep every block from taking the call. */
  async #gasLimitOf({ steps }: AnchorRecord, earlier: SignedTransaction): Promise<bigint> {
    const { chain, contract: to, signer } = this.#parts;
    const estimate = await chain.estimate({ from: signer.address, to, data: callDataOf({ steps }) });
    return 'gas' in estimate ? (estimate.gas * GAS_ROOM) / 100n : BigInt(earlier.gasLimit);
  }

  async #sign(wanted: {
    readonly steps: AnchorRecord['steps'];
    readonly nonce: number;
    readonly gasLimit: bigint;
    readonly offer: FeeOffer;
  }): Promise<SignedTransaction> {
    const { signer, contract, expected } = this.#parts;
    if (!this.#parts.isHeld()) throw new WitanError('stale_writer', 'another node anchors now');
    const { nonce, gasLimit, offer } = wanted;
    const data = callDataOf(wanted);
    const { raw, hash } = await signer.sign({
      chainId: expected.chainId,
      nonce,
      to: contract,
      data,
      gasLimit,
      ...offer,
    });
    const { maxFeeWei, tipWei } = offer;
    return { raw, hash, gasLimit: `${gasLimit}`, maxFeeWei: `${maxFeeWei}`, tipWei: `${tipWei}` };
  }

  #fitsBudget(worstWei: bigint, replacedWei: bigint): boolean {
    const spent = spentOn(this.#book.state, dayOf(this.#parts.clock.wallMs())) - replacedWei;
    return isInBudget(spent, worstWei, this.#parts.rules.fee);
  }

  #held(hold: SendHold): void {
    this.#hold = hold;
  }

  #signedNow(id: number): void {
    this.#timesOf(id).signedMs = this.#parts.clock.monotonicMs();
  }

  /** A record of an earlier process is as old as this one's first look at it. */
  #timesOf(id: number): Times {
    let times = this.#times.get(id);
    if (!times)
      this.#times.set(id, (times = { signedMs: this.#parts.clock.monotonicMs(), sentMs: -Infinity }));
    return times;
  }
}
