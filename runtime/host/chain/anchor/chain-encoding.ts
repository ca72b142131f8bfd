/** Blocks and receipts of JSON-RPC as the bytes that are hashed. */
import { encodeRlp, rlpNumber } from '../../../../contracts/chain/proof/rlp.ts';
import type { Rlp } from '../../../../contracts/chain/proof/rlp.ts';
import { fromHexData, toHexData } from '../../../../contracts/chain/proof/hex-data.ts';
import { WitanError } from '../../../../contracts/errors.ts';

/** Answer of JSON-RPC: fields by name. */
export type RpcObject = Readonly<Record<string, unknown>>;

/** A quantity of JSON-RPC: 256 bits at most. */
const QUANTITY = /^0x[0-9a-f]{1,64}$/i;

type FieldKind = 'bytes' | 'number';

/** Fields of a header in their order; those from the base fee on came with later forks. @source EIP-1559 … EIP-7685 */
const HEADER: readonly (readonly [string, FieldKind])[] = [
  ['parentHash', 'bytes'],
  ['sha3Uncles', 'bytes'],
  ['miner', 'bytes'],
  ['stateRoot', 'bytes'],
  ['transactionsRoot', 'bytes'],
  ['receiptsRoot', 'bytes'],
  ['logsBloom', 'bytes'],
  ['difficulty', 'number'],
  ['number', 'number'],
  ['gasLimit', 'number'],
  ['gasUsed', 'number'],
  ['timestamp', 'number'],
  ['extraData', 'bytes'],
  ['mixHash', 'bytes'],
  ['nonce', 'bytes'],
  ['baseFeePerGas', 'number'],
  ['withdrawalsRoot', 'bytes'],
  ['blobGasUsed', 'number'],
  ['excessBlobGas', 'number'],
  ['parentBeaconBlockRoot', 'bytes'],
  ['requestsHash', 'bytes'],
];

/** RLP of a block's header: `0x` and hex digits. @throws internal for an answer that is no block */
export function headerRlp(block: RpcObject): string {
  const fields: Uint8Array[] = [];
  for (const [name, kind] of HEADER) {
    const value = block[name];
    if (value === undefined || value === null) break;
    fields.push(kind === 'bytes' ? bytesOf(value) : rlpNumber(bigintOf(value)));
  }
  return toHexData(encodeRlp(fields));
}

/** A receipt as it lies in its trie. @throws internal for an answer that is no receipt */
export function receiptBytes(receipt: RpcObject): string {
  const events = arrayOf(receipt['logs']).map((event): Rlp => [
    bytesOf(event['address']),
    (event['topics'] as unknown[]).map(bytesOf),
    bytesOf(event['data']),
  ]);
  const outcome =
    receipt['root'] === undefined ? rlpNumber(bigintOf(receipt['status'])) : bytesOf(receipt['root']);
  const gas = rlpNumber(bigintOf(receipt['cumulativeGasUsed']));
  const body = encodeRlp([outcome, gas, bytesOf(receipt['logsBloom']), events]);
  const type = Number(bigintOf(receipt['type'] ?? 0));
  return toHexData(type === 0 ? body : Uint8Array.from([type, ...body]));
}

/** Whole number of a quantity, never below zero. @throws internal */
export function bigintOf(value: unknown): bigint {
  if (typeof value === 'string' && QUANTITY.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new WitanError('internal', 'the chain answered with no number');
}

/** The same where it must be counted with: a height, a nonce, a place. @throws internal */
export function countOf(value: unknown): number {
  const count = Number(bigintOf(value));
  if (Number.isSafeInteger(count)) return count;
  throw new WitanError('internal', 'the chain answered with a number that is too large');
}

/** Text of an answer's field. @throws internal */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new WitanError('internal', 'the chain answered with no text');
}

/** Objects of an answer's list. @throws internal */
export function arrayOf(value: unknown): readonly RpcObject[] {
  if (Array.isArray(value)) return value as readonly RpcObject[];
  throw new WitanError('internal', 'the chain answered with no list');
}

function bytesOf(value: unknown): Uint8Array {
  return fromHexData(textOf(value));
}
