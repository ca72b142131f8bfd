/** A chain that may hang, fail or talk nonsense, behind a deadline and a circuit breaker. */
import { WitanError } from '../../../../../contracts/errors.ts';
import type { Clock } from '../../../../../runtime/kernel/clock.ts';
import type { ChainPort } from '../../../../../runtime/kernel/ports/chain/chain.ts';
import type { CircuitBreaker } from '../../../../../supervisors/circuit-breaker.ts';

/** What stands between. */
export interface ChainGuard {
  readonly clock: Clock;
  readonly breaker: CircuitBreaker;
  /** Milliseconds for one call. */
  readonly callMs: number;
}

/**
 * The same chain; a call that takes too long is given up, and a chain that fails often is left alone.
 *
 * What was given up may still happen: a broadcast that is answered too late has its bytes in the outbox.
 * @throws deadline_exceeded, circuit_open, and what the chain throws
 */
export function guardedChain(chain: ChainPort, guard: ChainGuard): ChainPort {
  const run = <T>(call: () => Promise<T>): Promise<T> => guard.breaker.run(() => inTime(call(), guard));
  return {
    identity: (contract) => run(() => chain.identity(contract)),
    heads: () => run(() => chain.heads()),
    fees: () => run(() => chain.fees()),
    nonce: (address) => run(() => chain.nonce(address)),
    estimate: (call) => run(() => chain.estimate(call)),
    broadcast: (raw) => run(() => chain.broadcast(raw)),
    receipt: (txHash) => run(() => chain.receipt(txHash)),
    header: (blockNumber) => run(() => chain.header(blockNumber)),
    blockReceipts: (blockHash) => run(() => chain.blockReceipts(blockHash)),
    anchoredHead: (contract, logId) => run(() => chain.anchoredHead(contract, logId)),
    close: () => chain.close(),
  };
}

function inTime<T>(work: Promise<T>, { clock, callMs }: ChainGuard): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(callMs, () =>
      reject(new WitanError('deadline_exceeded', `the chain did not answer in ${callMs} ms`)),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
