/**
 * Checks an anchor receipt from its own bytes and what the reader pins: no network, no chain client.
 *
 * In order: the transaction is the one that is named, of the pinned chain, to the pinned contract; the header
 * has the hash that is named; the receipt lies under the header; it tells of success; its event names the
 * log, size and root; the checkpoint is of the same head. The first that does not hold is named.
 *
 * What remains for the reader: whether a block of that hash is the chain's. Give `blockHash` from a source
 * of your own (a node, an explorer, a paper), or read it from the result and compare.
 */
import { toWitanError, WitanError } from '../errors.ts';
import { fromHex, toHex } from '../ledger/bytes.ts';
import { parseCheckpointText, parseNote } from '../ledger/checkpoint.ts';
import type { Sha256 } from '../ledger/crypto.ts';
import { verifyInclusion } from '../ledger/tree/merkle.ts';
import { AnchorReceipt } from '../messages/anchor.ts';
import { ANCHOR_SELECTORS, anchorLogId } from './anchor-call.ts';
import { abiWord, fromHexData, isSameHex, toHexData } from './proof/hex-data.ts';
import type { Keccak256 } from './proof/hex-data.ts';
import { receiptUnder } from './proof/receipt-trie.ts';
import { decodeRlp, decodeRlpList, numberOfRlp } from './proof/rlp.ts';
import type { Rlp } from './proof/rlp.ts';

/** What the reader knows from elsewhere. */
export interface AnchorPins {
  readonly chainId: number;
  /** Address of `AuditAnchor` that the reader trusts. */
  readonly contract: string;
  /** Origin of the log; absent: the receipt's word is taken, and given back. */
  readonly origin?: string | undefined;
  /** Hash of the block that the reader knows to be the chain's. */
  readonly blockHash?: string | undefined;
}

/** Primitives of the check. */
export interface AnchorCrypto {
  readonly keccak256: Keccak256;
  readonly sha256: Sha256;
}

/** What was found. */
export interface AnchorVerification {
  readonly ok: boolean;
  /** Checks that held, in order. */
  readonly checked: readonly AnchorCheck[];
  /** First check that did not hold. */
  readonly mismatch: AnchorMismatch | null;
  /** Whether the reader named the block; else its hash is still to be compared. */
  readonly isBlockPinned: boolean;
}

/** One thing that is checked. */
export type AnchorCheck =
  | 'form'
  | 'pins'
  | 'transaction'
  | 'log'
  | 'header'
  | 'receipt'
  | 'status'
  | 'event'
  | 'checkpoint'
  | 'inclusion';

/** What is wrong. */
export interface AnchorMismatch {
  readonly check: AnchorCheck;
  /** Field of the receipt. */
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

/** See the head of the file. Never throws; `input` may be anything. Signatures on the note are not checked. */
export function verifyAnchorReceipt(
  input: unknown,
  pins: AnchorPins,
  crypto: AnchorCrypto,
): AnchorVerification {
  const checked: AnchorCheck[] = [];
  const isBlockPinned = pins.blockHash !== undefined;
  const parsed = AnchorReceipt.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    const mismatch = {
      check: 'form' as const,
      field,
      expected: issue?.message ?? '',
      actual: 'something else',
    };
    return { ok: false, checked, mismatch, isBlockPinned };
  }
  const receipt = parsed.data;
  const subject: Subject = { receipt, pins, crypto };
  let check: AnchorCheck = 'form';
  try {
    for (check of CHECK_ORDER) {
      if (check === 'inclusion' && !receipt.inclusion) continue;
      CHECKS[check](subject);
      checked.push(check);
    }
  } catch (error) {
    return { ok: false, checked, mismatch: mismatchOf(check, error), isBlockPinned };
  }
  return { ok: true, checked, mismatch: null, isBlockPinned };
}

interface Subject {
  readonly receipt: AnchorReceipt;
  readonly pins: AnchorPins;
  readonly crypto: AnchorCrypto;
}

const CHECK_ORDER: readonly AnchorCheck[] = [
  'form',
  'pins',
  'transaction',
  'log',
  'header',
  'receipt',
  'status',
  'event',
  'checkpoint',
  'inclusion',
];

const CHECKS: Readonly<Record<AnchorCheck, (subject: Subject) => void>> = {
  form: () => undefined,
  pins: ({ receipt, pins }) => {
    same('chainId', `${pins.chainId}`, `${receipt.chainId}`);
    same('contract', pins.contract, receipt.contract);
    if (pins.origin !== undefined && pins.origin !== receipt.origin)
      throw wrong('origin', pins.origin, receipt.origin);
    if (pins.blockHash !== undefined) same('blockHash', pins.blockHash, receipt.blockHash);
  },
  transaction: checkTransaction,
  log: ({ receipt, crypto }) =>
    same('logId', anchorLogId(receipt.origin, receipt, crypto.keccak256), receipt.logId),
  header: checkHeader,
  receipt: (subject) => void receiptFields(subject),
  status: (subject) => {
    const [status] = receiptFields(subject);
    if (numberOfRlp(status) !== 1n)
      throw wrong('receiptProof', 'a transaction that succeeded', 'one that reverted');
  },
  event: checkEvent,
  checkpoint: ({ receipt }) => {
    const body = parseCheckpointText(parseNote(receipt.checkpointNote).text);
    if (body.logId !== receipt.origin) throw wrong('checkpointNote', receipt.origin, body.logId);
    same('checkpointNote', `${receipt.size}`, `${body.size}`);
    same('checkpointNote', receipt.root, body.root);
  },
  inclusion: ({ receipt, crypto }) => {
    const { index, leafHash, path } = receipt.inclusion!;
    const claim = { index, size: receipt.size, leafHash: fromHex(leafHash), root: fromHex(receipt.root) };
    if (verifyInclusion({ ...claim, path: path.map(fromHex) }, crypto.sha256)) return;
    throw wrong('inclusion', `a path from record ${index} to the root`, 'one that does not lead there');
  },
};

/** Fields of an EIP-1559 or EIP-2930 transaction, or of one of the first kind with its chain id in `v`. */
function checkTransaction({ receipt, crypto }: Subject): void {
  const raw = fromHexData(receipt.rawTx);
  same('txHash', toHexData(crypto.keccak256(raw)), receipt.txHash);
  const type = raw[0];
  const isTyped = type === 1 || type === 2;
  const fields = decodeRlpList(isTyped ? raw.subarray(1) : raw);
  const to = fields[type === 2 ? 5 : type === 1 ? 4 : 3];
  // EIP-155: v = 35 + 2 * chain id + parity.
  const chainId = isTyped ? numberOfRlp(fields[0]) : (numberOfRlp(fields[6]) - 35n) / 2n;
  same('rawTx', `chain ${receipt.chainId}`, `chain ${chainId}`);
  same('rawTx', receipt.contract, toHexData(bytesOf(to)));
}

function checkHeader({ receipt, crypto }: Subject): void {
  const bytes = fromHexData(receipt.blockHeader);
  same('blockHash', toHexData(crypto.keccak256(bytes)), receipt.blockHash);
  same('blockNumber', `${numberOfRlp(decodeRlpList(bytes)[8])}`, `${receipt.blockNumber}`);
}

/** Status, gas, bloom and events of the receipt that lies under the header. */
function receiptFields({ receipt, crypto }: Subject): readonly Rlp[] {
  const root = bytesOf(decodeRlpList(fromHexData(receipt.blockHeader))[5]);
  const nodes = receipt.receiptProof.map(fromHexData);
  const bytes = receiptUnder(root, { index: receipt.receiptIndex, nodes }, crypto.keccak256);
  const fields = decodeRlp(bytes[0]! < 0x80 ? bytes.subarray(1) : bytes);
  if (fields instanceof Uint8Array || fields.length !== 4)
    throw wrong('receiptProof', 'a receipt', 'something else');
  return fields;
}

function checkEvent(subject: Subject): void {
  const { receipt } = subject;
  const events = receiptFields(subject)[3];
  const event = events instanceof Uint8Array ? undefined : events?.[receipt.logIndex];
  if (!event || event instanceof Uint8Array) throw wrong('logIndex', 'an event', 'none');
  const [address, topics, data] = event;
  same('contract', receipt.contract, toHexData(bytesOf(address)));
  if (!topics || topics instanceof Uint8Array) throw wrong('logIndex', 'an event with topics', 'none');
  const [signature, logId, root] = topics.map((topic) => toHexData(bytesOf(topic)));
  same('logIndex', ANCHOR_SELECTORS.anchored, signature ?? 'none');
  same('logId', receipt.logId, logId ?? 'none');
  same('root', `0x${receipt.root}`, root ?? 'none');
  const words = toHex(bytesOf(data)).match(/.{64}/g) ?? [];
  same('prevRoot', receipt.prevRoot, words[0] ?? 'none');
  same('size', abiWord(receipt.size), words[1] ?? 'none');
}

function bytesOf(value: Rlp | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new WitanError('bad_encoding', 'expected a byte string');
}

class Mismatch extends Error {
  readonly found: Omit<AnchorMismatch, 'check'>;

  constructor(found: Omit<AnchorMismatch, 'check'>) {
    super(found.field);
    this.found = found;
  }
}

function wrong(field: string, expected: string, actual: string): Mismatch {
  return new Mismatch({ field, expected, actual });
}

function same(field: string, expected: string, actual: string): void {
  if (!isSameHex(expected, actual)) throw wrong(field, expected, actual);
}

function mismatchOf(check: AnchorCheck, error: unknown): AnchorMismatch {
  if (error instanceof Mismatch) return { check, ...error.found };
  const { message, details } = toWitanError(error);
  return {
    check,
    field: details.path ?? check,
    expected: details.expected ?? 'well-formed bytes',
    actual: message,
  };
}
