/** Where several nodes decide: takes over what is open in shards that come, and lets go of what is in those that go. */
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import { stop } from '../../../runtime/kernel/index.ts';
import type { ActorContext } from '../../../runtime/kernel/index.ts';
import type { LiveDecisions } from './live-decisions.ts';
import type { InScope, OrchestratorMessage, RecoveredState } from './messages.ts';
import type { OrchestratorPorts } from './ports.ts';
import { recoverOpen } from './recovery.ts';

type Message<T extends OrchestratorMessage['type']> = Extract<OrchestratorMessage, { type: T }>;
type Taken = RecoveredState['open'][number];

/** Why a decision is not begun, or not followed, here; the caller asks its node. */
export function moved(decisionId: DecisionId): WitanError {
  const details = { decisionId, moved: true, expected: 'the node that decides it' };
  return new WitanError('unavailable', 'another node decides it', details);
}

/** Moves of one orchestrator. */
export class DecisionMoves {
  readonly #ports: OrchestratorPorts;
  readonly #live: LiveDecisions;
  #handOvers: Message<'hand-over'>[] = [];

  constructor(ports: OrchestratorPorts, live: LiveDecisions) {
    this.#ports = ports;
    this.#live = live;
  }

  /** Whether another node decides it; never where one node decides all. */
  isElsewhere(decisionId: DecisionId): boolean {
    return this.#ports.home?.owns(decisionId) === false;
  }

  /** Reads what is open; comes back as `open-recovered`. */
  takeOver(
    { isIn, replyTo }: Message<'take-over'>,
    syncIndex: () => Promise<boolean>,
    ctx: ActorContext<OrchestratorMessage>,
  ): void {
    ctx.pipeToSelf(
      () => recoverOpen(this.#ports, syncIndex, isIn),
      (result) => ({ type: 'open-recovered', result, replyTo }),
    );
  }

  openRecovered({ result, replyTo }: Message<'open-recovered'>, begin: (taken: Taken) => void): void {
    if (result.status === 'rejected') {
      replyTo.tell({ type: 'failed', error: toWitanError(result.reason) });
      return;
    }
    const taken = result.value.filter(({ open }) => !this.#live.get(open.decisionId));
    for (const one of taken) begin(one);
    replyTo.tell({ type: 'taken-over', openCount: taken.length });
  }

  /** Answers once nothing of it is under way: decisions are short, so they end where they began. */
  handOver(message: Message<'hand-over'>): void {
    this.#handOvers.push(message);
    this.answer();
  }

  /** Answers hand-overs of which nothing is under way any more. */
  answer(): void {
    if (this.#handOvers.length === 0) return;
    const ids = this.#live.ids();
    const done = this.#handOvers.filter(({ isIn }) => !ids.some(isIn));
    this.#handOvers = this.#handOvers.filter((one) => !done.includes(one));
    for (const { replyTo } of done) replyTo.tell({ type: 'handed-over' });
  }

  /** Ends what runs of another node's decisions; what a session has written already stands. */
  letGo(isIn: InScope): void {
    for (const decisionId of this.#live.ids().filter(isIn)) {
      const live = this.#live.take(decisionId)!;
      if (live.session) void stop(live.session);
      live.end({ type: 'failed', error: moved(decisionId) });
    }
    this.answer();
  }
}
