/** One round: a checkpoint of the log goes to every witness that it lacks, all at once. */
import { toWitanError } from '../../../../contracts/errors.ts';
import { parseOpenCheckpoint } from '../../../../contracts/ledger/tlog/open-checkpoint.ts';
import type { LedgerCheckpoint } from '../../../../runtime/kernel/ports/ledger.ts';
import type { ForkEvidence } from '../../../../runtime/kernel/ports/witness/witness-store.ts';
import { CircuitBreaker } from '../../../../supervisors/circuit-breaker.ts';
import { askWitness, type AskedWitness, type AskPorts } from './ask-witness.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { WitnessStatus } from './witness-messages.ts';

/** What a round has gathered. */
export interface RoundResult {
  readonly checkpoint: LedgerCheckpoint;
  /** Verified lines by the name of their witness. */
  readonly lines: ReadonlyMap<string, string>;
  readonly forks: readonly Pick<ForkEvidence, 'kind' | 'first' | 'second' | 'proof'>[];
  readonly faults: ReadonlyMap<string, string>;
}

/** A witness over the rounds: what it knows, and whether asking it makes sense. */
export class WitnessLane {
  readonly witness: AskedWitness;
  readonly #ports: AskPorts;
  readonly #breaker: CircuitBreaker;
  /** Size that it vouched for last; a witness that says otherwise is believed. */
  #size: number | null = null;
  #fault: string | null = null;

  constructor(witness: AskedWitness, ports: AskPorts, clock: Clock) {
    this.witness = witness;
    this.#ports = ports;
    this.#breaker = new CircuitBreaker({
      clock,
      name: `witness/${witness.name}`,
      windowMs: 60_000,
      minCalls: 3,
      trialCalls: 1,
      isFailure: () => true,
    });
  }

  get status(): WitnessStatus {
    const { name, url } = this.witness;
    return { name, url, size: this.#size, circuit: this.#breaker.state, fault: this.#fault };
  }

  /** Asks, unless the circuit is open. Never throws: what went wrong is the answer. */
  async ask(checkpoint: LedgerCheckpoint): Promise<Awaited<ReturnType<typeof askWitness>> | string> {
    try {
      const open = parseOpenCheckpoint(checkpoint.note);
      const knownSize = Math.min(this.#size ?? 0, open.size);
      const answer = await this.#breaker.run(() =>
        askWitness(open, { ...this.witness, knownSize }, this.#ports),
      );
      this.#fault = answer.kind === 'vouched' ? null : 'it has seen another history of this log';
      if (answer.kind === 'vouched') this.#size = answer.size;
      return answer;
    } catch (error) {
      const { code, message } = toWitanError(error);
      this.#fault = `${code}: ${message}`;
      return this.#fault;
    }
  }
}

/** Runs a round. Never throws. */
export async function runRound(
  checkpoint: LedgerCheckpoint,
  lanes: readonly WitnessLane[],
): Promise<RoundResult> {
  const lines = new Map<string, string>();
  const faults = new Map<string, string>();
  const forks: RoundResult['forks'][number][] = [];
  await Promise.all(
    lanes.map(async (lane) => {
      const answer = await lane.ask(checkpoint);
      if (typeof answer === 'string') faults.set(lane.witness.name, answer);
      else if (answer.kind === 'fork') forks.push(answer.fork);
      else lines.set(lane.witness.name, answer.line);
    }),
  );
  return { checkpoint, lines, forks, faults };
}
