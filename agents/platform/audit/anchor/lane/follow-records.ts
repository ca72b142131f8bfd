/** Follows each transaction of a lane to the end that the chain shows. */
import { WitanError } from '../../../../../contracts/errors.ts';
import type { AnchorReceipt } from '../../../../../contracts/messages/anchor.ts';
import type { ChainHeads, ChainReceipt } from '../../../../../runtime/kernel/ports/chain/chain.ts';
import type { AnchorPlace, AnchorRecord, DropReason } from './anchor-event.ts';
import type { LaneBook } from './lane-book.ts';
import type { LaneParts } from './lane-parts.ts';
import { isOpen } from './lane-state.ts';
import { isNonceGap, isNonceTaken, nextStep } from './next-step.ts';
import type { NextStep } from './next-step.ts';
import { dayOf } from './plan-fee.ts';
import { finalityOf, makeReceipts } from './receipt-maker.ts';
import type { TransactionSender } from './transaction-sender.ts';

/** What one look at the chain showed. */
export interface ChainSight {
  readonly heads: ChainHeads;
  /** Nonces of the account that are in blocks. */
  readonly nonceCount: number;
}

/** See the head of the file. */
export class RecordFollower {
  readonly #parts: LaneParts;
  readonly #book: LaneBook;
  readonly #sender: TransactionSender;
  /** Looks in a row that showed something odd, by record. */
  readonly #odd = new Map<number, number>();

  constructor(parts: LaneParts, book: LaneBook, sender: TransactionSender) {
    this.#parts = parts;
    this.#book = book;
    this.#sender = sender;
  }

  /** One step for each transaction that needs one. */
  async follow(sight: ChainSight): Promise<void> {
    for (const record of await this.#unsettled(sight)) await this.#followOne(record.id, sight);
  }

  /** Receipts of one transaction as the chain has it now; undefined while it is in no block. */
  async receipts(record: AnchorRecord): Promise<readonly AnchorReceipt[] | undefined> {
    const found = await this.#found(record);
    return found?.succeeded ? this.#receipts(record, found) : undefined;
  }

  /**
   * All that are not final. Final ones join them only when the newest of them is no longer on the chain,
   * which no honest chain shows, and a dev chain that lost its state does.
   */
  async #unsettled({ nonceCount }: ChainSight): Promise<readonly AnchorRecord[]> {
    const { records } = this.#book.state;
    const newest = records.findLast(({ state }) => state === 'final');
    if (!newest || (nonceCount > newest.nonce && (await this.#isCanonical(newest.place!))))
      return records.filter(({ state }) => state !== 'final');
    this.#parts.tell('error', 'the chain went back behind its own finality', {
      blockNumber: newest.place!.blockNumber,
      blockHash: newest.place!.blockHash,
    });
    return records;
  }

  async #followOne(id: number, sight: ChainSight): Promise<void> {
    const record = this.#book.state.records.find((one) => one.id === id);
    if (!record) return;
    const isBeyond = isOpen(record) && sight.nonceCount <= record.nonce;
    const found = isBeyond ? undefined : await this.#found(record);
    const hasEarlierOpen = this.#book.state.records.some((one) => isOpen(one) && one.nonce < record.nonce);
    const seen = { ...sight, found: found ?? null, hasEarlierOpen };
    const isOdd = isOpen(record) && (isNonceTaken(record, seen) || isNonceGap(record, seen));
    const oddCount = isOdd ? (this.#odd.get(id) ?? 0) + 1 : 0;
    if (oddCount > 0) this.#odd.set(id, oddCount);
    else this.#odd.delete(id);
    const times = this.#sender.times(id);
    await this.#take(
      nextStep(record, { ...seen, oddCount, ...times }, this.#parts.rules.step),
      record,
      found,
    );
  }

  async #take(step: NextStep, record: AnchorRecord, found: ChainReceipt | undefined): Promise<void> {
    switch (step) {
      case 'wait':
        return;
      case 'broadcast':
        return this.#sender.broadcast(record);
      case 'replace':
        return this.#sender.replace(record);
      case 'mine':
        return this.#mined(record, found!);
      case 'unmine':
        return this.#unmined(record);
      case 'safe':
        await this.#book.note({ type: 'safe', id: record.id });
        await this.#parts.onStep('anchor:safe');
        return;
      case 'final':
        return this.#final(record, found!);
      case 'revert':
        return this.#dropped(record, 'reverted', this.#place(found!));
      case 'drop-taken':
        return this.#dropped(record, 'nonce-taken', null);
      case 'drop-gap':
        return this.#dropped(record, 'nonce-gap', null);
    }
  }

  async #mined(record: AnchorRecord, found: ChainReceipt): Promise<void> {
    // A chain that says so must be able to prove it.
    await this.#receipts(record, found);
    await this.#parts.onStep('anchor:before-mined');
    await this.#book.note({ type: 'mined', id: record.id, place: this.#place(found) });
    await this.#parts.onStep('anchor:mined');
    const { blockNumber, txHash } = found;
    this.#parts.tell('info', 'anchored', {
      blockNumber,
      txHash,
      sizes: record.steps.map(({ size }) => size),
    });
  }

  async #unmined(record: AnchorRecord): Promise<void> {
    await this.#book.note({ type: 'unmined', id: record.id });
    await this.#parts.onStep('anchor:unmined');
    const { blockNumber, blockHash } = record.place!;
    this.#parts.tell('warn', 'the block of an anchor is gone; it is sent again', { blockNumber, blockHash });
    // The chain's pool does not keep what a reorganisation takes out.
    await this.#sender.broadcast({ ...record, state: 'sent', place: null });
  }

  async #final(record: AnchorRecord, found: ChainReceipt): Promise<void> {
    const receipts = await this.#receipts({ ...record, state: 'final' }, found);
    await this.#parts.onStep('anchor:before-receipt');
    for (const receipt of receipts) {
      await this.#parts.receipts(receipt.origin).put(receipt.size, `${JSON.stringify(receipt)}\n`);
    }
    await this.#parts.onStep('anchor:receipt');
    await this.#book.note({ type: 'final', id: record.id });
    await this.#parts.onStep('anchor:final');
    this.#odd.delete(record.id);
    this.#sender.forget(record.id);
  }

  async #dropped(record: AnchorRecord, reason: DropReason, place: AnchorPlace | null): Promise<void> {
    await this.#book.note({ type: 'dropped', id: record.id, reason, place });
    await this.#parts.onStep('anchor:dropped');
    this.#odd.delete(record.id);
    this.#sender.forget(record.id);
    const { nonce } = record;
    this.#parts.tell('warn', 'a nonce is given up; its roots are queued again', { nonce, reason });
  }

  #receipts(record: AnchorRecord, found: ChainReceipt): Promise<readonly AnchorReceipt[]> {
    const { chain, contract, crypto, expected } = this.#parts;
    const finality = finalityOf(record.state);
    return makeReceipts(chain, { chainId: expected.chainId, contract, record, found, finality }, crypto);
  }

  /** Newest first: it is the likeliest, and only one of them can be in a block. */
  async #found(record: AnchorRecord): Promise<ChainReceipt | undefined> {
    const { chain } = this.#parts;
    for (const { hash } of [...record.txs].reverse()) {
      const receipt = await chain.receipt(hash);
      if (!receipt) continue;
      if (receipt.txHash !== hash)
        throw new WitanError('verification_failed', 'the chain gave another receipt');
      const { blockNumber, blockHash } = receipt;
      if (await this.#isCanonical({ blockNumber, blockHash })) return receipt;
    }
    return undefined;
  }

  async #isCanonical({
    blockNumber,
    blockHash,
  }: Pick<AnchorPlace, 'blockNumber' | 'blockHash'>): Promise<boolean> {
    return (await this.#parts.chain.header(blockNumber))?.hash === blockHash;
  }

  #place({ txHash, blockHash, blockNumber, gasUsed, gasPriceWei }: ChainReceipt): AnchorPlace {
    const costWei = String(gasUsed * gasPriceWei);
    return { hash: txHash, blockHash, blockNumber, costWei, day: dayOf(this.#parts.clock.wallMs()) };
  }
}
