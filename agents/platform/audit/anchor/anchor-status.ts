/** How the anchor stands, for those outside. */
import type { AnchorChainStatus, AnchoredLogStatus } from '../../../../contracts/messages/anchor.ts';
import type { AnchorLane } from './lane/anchor-lane.ts';
import { coveredSize } from './lane/anchor-lane.ts';
import { logIdOf } from './lane/lane-parts.ts';
import { headOf, newestTx, spentOn } from './lane/lane-state.ts';
import { dayOf } from './lane/plan-fee.ts';
import type { LaneRunner } from './lane-runner.ts';

const NO_ACCOUNT = `0x${'0'.repeat(40)}`;
/** Transactions that a status tells of. */
const TOLD_COUNT = 20;

/** How one chain stands. */
export function statusOf(runner: LaneRunner): AnchorChainStatus {
  const { lane, lastError, source } = runner;
  const error = lastError && { code: lastError.code, message: lastError.message };
  if (!lane) return { ...NOT_OPEN, name: source.name, contract: source.contract, lastError: error };
  const { state, parts } = lane;
  return {
    name: source.name,
    chainId: parts.expected.chainId,
    contract: parts.contract,
    account: parts.signer.address,
    hold: lane.hold,
    breaker: parts.breaker.state,
    logs: parts.logs.map((log) => logStatus(lane, log)),
    transactions: state.records.slice(-TOLD_COUNT).map((record) => ({
      nonce: record.nonce,
      state: record.state,
      sizes: Object.fromEntries(record.steps.map(({ origin, size }) => [origin, size])),
      txHash: record.place?.hash ?? newestTx(record).hash,
      signedCount: record.txs.length,
      blockNumber: record.place?.blockNumber ?? null,
    })),
    spentTodayWei: String(spentOn(state, dayOf(parts.clock.wallMs()))),
    dailyBudgetWei: String(parts.rules.fee.dailyBudgetWei),
    lastError: error,
  };
}

/** How one log of a lane stands; undefined for a log that it does not anchor. */
export function logStatusOf(lane: AnchorLane, origin: string): AnchoredLogStatus | undefined {
  const log = lane.parts.logs.find((one) => one.origin === origin);
  return log && logStatus(lane, log);
}

/** Entries of all logs of a lane that no transaction covers yet. */
export function pendingCount(lane: AnchorLane): number {
  const { logs } = lane.parts;
  return logs.reduce((count, log) => {
    const { size, anchoredSize } = logStatus(lane, log);
    return count + Math.max(0, size - anchoredSize);
  }, 0);
}

function logStatus(
  { state, parts }: AnchorLane,
  log: AnchorLane['parts']['logs'][number],
): AnchoredLogStatus {
  const logId = logIdOf(parts, log.origin);
  const head = headOf(state, logId);
  const covered = coveredSize(state, logId);
  return {
    origin: log.origin,
    size: log.size(),
    anchoredSize: head.size,
    finalSize: head.finalSize,
    queuedSize: covered > head.size ? covered : null,
  };
}

const NOT_OPEN = {
  chainId: null,
  account: NO_ACCOUNT,
  hold: 'opening',
  breaker: 'closed' as const,
  logs: [],
  transactions: [],
  spentTodayWei: '0',
  dailyBudgetWei: '0',
};
