/** What to do next with one transaction, from what the chain shows of it. Pure. */
import type { ChainHeads } from '../../../../../runtime/kernel/ports/chain/chain.ts';
import type { AnchorRecord } from './anchor-event.ts';
import { isOpen } from './lane-state.ts';

/** Limits in time and number. */
export interface StepRules {
  /** A transaction that waits longer than this is offered a higher fee. */
  readonly stuckMs: number;
  /** Least time between two broadcasts of the same bytes. */
  readonly againMs: number;
  readonly maxReplacementCount: number;
  /** Looks in a row that must show a nonce taken or missing before it is believed. */
  readonly disbeliefCount: number;
}

/** What a look at the chain showed of one record. */
export interface RecordSight {
  readonly heads: ChainHeads;
  /** Nonces of the account that are in blocks. */
  readonly nonceCount: number;
  /** One of its transactions is in a block; null: none is. */
  readonly found: {
    readonly blockHash: string;
    readonly blockNumber: number;
    readonly succeeded: boolean;
  } | null;
  /** Whether a record below this one waits for a block: then the nonce's turn has not come. */
  readonly hasEarlierOpen: boolean;
  /** Looks in a row, this one included, that showed the nonce taken by none of ours, or out of reach. */
  readonly oddCount: number;
  /** Since its newest bytes were signed, and since they were last sent. */
  readonly ageMs: number;
  readonly sinceSentMs: number;
}

/** Next step of one record. */
export type NextStep =
  | 'wait'
  | 'broadcast'
  | 'replace'
  | 'mine'
  | 'unmine'
  | 'revert'
  | 'safe'
  | 'final'
  | 'drop-taken'
  | 'drop-gap';

/** Whether the nonce is used up by a transaction that is none of ours. */
export function isNonceTaken(
  record: AnchorRecord,
  sight: Pick<RecordSight, 'nonceCount' | 'found'>,
): boolean {
  return sight.found === null && sight.nonceCount > record.nonce;
}

/** Whether nonces are missing before this one that nothing of ours will fill. */
export function isNonceGap(
  record: AnchorRecord,
  sight: Pick<RecordSight, 'nonceCount' | 'found' | 'hasEarlierOpen'>,
): boolean {
  return sight.found === null && sight.nonceCount < record.nonce && !sight.hasEarlierOpen;
}

/** See the head of the file. */
export function nextStep(record: AnchorRecord, sight: RecordSight, rules: StepRules): NextStep {
  return isOpen(record) ? ofOpen(record, sight, rules) : ofMined(record, sight);
}

function ofOpen(record: AnchorRecord, sight: RecordSight, rules: StepRules): NextStep {
  if (sight.found) return sight.found.succeeded ? 'mine' : 'revert';
  const isSure = sight.oddCount >= rules.disbeliefCount;
  if (isNonceTaken(record, sight)) return isSure ? 'drop-taken' : 'wait';
  if (isNonceGap(record, sight)) return isSure ? 'drop-gap' : 'wait';
  const isNext = sight.nonceCount === record.nonce;
  const mayReplace = record.txs.length <= rules.maxReplacementCount;
  // Also where the chain does not even take it.
  if (isNext && mayReplace && sight.ageMs >= rules.stuckMs) return 'replace';
  if (record.state === 'signed') return 'broadcast';
  return sight.sinceSentMs >= rules.againMs ? 'broadcast' : 'wait';
}

function ofMined(record: AnchorRecord, { heads, found }: RecordSight): NextStep {
  if (!found) return 'unmine';
  if (!found.succeeded) return 'revert';
  if (found.blockHash !== record.place!.blockHash) return 'mine';
  if (record.state === 'final') return 'wait';
  if (heads.finalized !== null && found.blockNumber <= heads.finalized) return 'final';
  if (record.state === 'mined' && heads.safe !== null && found.blockNumber <= heads.safe) return 'safe';
  return 'wait';
}
