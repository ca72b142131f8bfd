/** Makes receipts that are checked offline, out of what the chain shows; a chain that lies makes none. */
import { encodeAnchorCall } from '../../../../../contracts/chain/anchor-call.ts';
import { fromHexData, toHexData } from '../../../../../contracts/chain/proof/hex-data.ts';
import { proveReceipt } from '../../../../../contracts/chain/proof/receipt-trie.ts';
import { verifyAnchorReceipt } from '../../../../../contracts/chain/verify-anchor.ts';
import type { AnchorCrypto } from '../../../../../contracts/chain/verify-anchor.ts';
import { WitanError } from '../../../../../contracts/errors.ts';
import type { AnchorFinality, AnchorReceipt } from '../../../../../contracts/messages/anchor.ts';
import type { ChainPort, ChainReceipt } from '../../../../../runtime/kernel/ports/chain/chain.ts';
import type { AnchorRecord, RecordState } from './anchor-event.ts';

/** What receipts are made for. */
export interface ReceiptSubject {
  readonly chainId: number;
  readonly contract: string;
  readonly record: AnchorRecord;
  /** Where the chain says that a transaction of the record is. */
  readonly found: ChainReceipt;
  readonly finality: AnchorFinality;
}

/** Words of a record's state for those outside. */
export function finalityOf(state: RecordState): AnchorFinality {
  return state === 'final' || state === 'safe' ? state : 'included';
}

/**
 * A receipt for each step of a record, each checked as its reader will check it.
 * @throws verification_failed when the chain's answers do not fit together; what the chain throws
 */
export async function makeReceipts(
  chain: ChainPort,
  subject: ReceiptSubject,
  crypto: AnchorCrypto,
): Promise<readonly AnchorReceipt[]> {
  const { found, record } = subject;
  const header = await chain.header(found.blockNumber);
  if (!header || header.hash !== found.blockHash) {
    throw new WitanError('unavailable', 'the block of the receipt is not on the chain', {
      blockHash: found.blockHash,
    });
  }
  const receipts = (await chain.blockReceipts(found.blockHash)).map(fromHexData);
  const { nodes } = proveReceipt(receipts, found.index, crypto.keccak256);
  const tx = record.txs.find(({ hash }) => hash === found.txHash)!;
  const made = record.steps.map((step, place): AnchorReceipt => ({
    format: 'witan-anchor/1',
    chainId: subject.chainId,
    contract: subject.contract,
    logId: step.logId,
    origin: step.origin,
    size: step.size,
    root: step.root,
    prevRoot: step.prevRoot,
    txHash: found.txHash,
    rawTx: tx.raw,
    blockHash: found.blockHash,
    blockNumber: found.blockNumber,
    blockHeader: header.rlp,
    receiptProof: nodes.map(toHexData),
    receiptIndex: found.index,
    // Our call makes one event for each step, in order, and calls no other contract.
    logIndex: place,
    finality: subject.finality,
    checkpointNote: step.note,
  }));
  for (const receipt of made) check(receipt, subject, crypto);
  return made;
}

/** Data of the call that a record makes. */
export function callDataOf({ steps }: Pick<AnchorRecord, 'steps'>): string {
  return encodeAnchorCall(steps);
}

function check(receipt: AnchorReceipt, { chainId, contract }: ReceiptSubject, crypto: AnchorCrypto): void {
  const { mismatch } = verifyAnchorReceipt(receipt, { chainId, contract }, crypto);
  if (!mismatch) return;
  const { check: name, field, expected, actual } = mismatch;
  const message = `the chain's answers do not fit together: ${field} (${name})`;
  throw new WitanError('verification_failed', message, { path: field, expected, actual });
}
