/** Calls and events of `AuditAnchor` as bytes: the few fixed forms that anchoring and its proofs need. */
import { concatBytes, utf8 } from '../ledger/bytes.ts';
import { abiWord, fromHexData, toHexData } from './proof/hex-data.ts';
import type { Keccak256 } from './proof/hex-data.ts';

/** First four bytes of the calls, and the topic of the event; a test compares them with the ABI. */
export const ANCHOR_SELECTORS = {
  anchor: '0x1ceaa5e5',
  anchorMany: '0xa6a9f54f',
  headOf: '0x65c7d79d',
  anchored: '0x023174e2ed1a68e402b93b531bf08369dea487e97d29235b53dda252b66faf7e',
} as const;

/** Most logs that one call takes. */
export const ANCHOR_BATCH_MAX_COUNT = 256;

/** A step of one log: from the root that stands to the next. Hashes are 64 hex digits without `0x`. */
export interface AnchorCallStep {
  /** `0x` and 64 hex digits. */
  readonly logId: string;
  readonly prevRoot: string;
  readonly root: string;
  readonly size: number;
}

/** Root that stands before the first anchor. */
export const NO_ROOT: string = '0'.repeat(64);

/** Data of the call that anchors these steps: `anchor` for one, `anchorMany` for several. */
export function encodeAnchorCall(steps: readonly AnchorCallStep[]): string {
  const words = steps.map(
    ({ logId, prevRoot, root, size }) => `${logId.slice(2)}${prevRoot}${root}${abiWord(size)}`,
  );
  if (words.length === 1) return `${ANCHOR_SELECTORS.anchor}${words[0]!}`;
  return `${ANCHOR_SELECTORS.anchorMany}${abiWord(32)}${abiWord(words.length)}${words.join('')}`;
}

/** Id under which a log is anchored in a contract on a chain: `0x` and 64 hex digits. */
export function anchorLogId(
  origin: string,
  at: { readonly chainId: number; readonly contract: string },
  keccak256: Keccak256,
): string {
  const text = utf8(origin);
  const padding = new Uint8Array((32 - (text.length % 32)) % 32);
  const head = `${abiWord(96)}${abiWord(at.chainId)}${abiWord(BigInt(at.contract))}${abiWord(text.length)}`;
  return toHexData(keccak256(concatBytes(fromHexData(`0x${head}`), text, padding)));
}
