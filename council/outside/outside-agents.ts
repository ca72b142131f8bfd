/**
 * Agent systems of others, connected over a door: each is an actor, asked for advice, waited for never.
 *
 * Their weight is 0 and they stand outside Σ w until a change request puts them on the roster.
 */
import { WitanError } from '../../contracts/errors.ts';
import { fromHex } from '../../contracts/ledger/bytes.ts';
import type { LedgerCrypto } from '../../contracts/ledger/crypto.ts';
import type { DeliberateRequest } from '../../contracts/messages/council.ts';
import { SeatId } from '../../contracts/messages/ids.ts';
import { query, spawn, stop } from '../../runtime/kernel/index.ts';
import type {
  OutsideAgent,
  OutsideAgentsPort,
  OutsideAgentStream,
  OutsideRegistration,
} from '../../runtime/kernel/ports/decision/outside-agents.ts';
import type { Principal } from '../../runtime/kernel/ports/identity.ts';
import type { ActorRef, AnyRef } from '../../runtime/kernel/ref.ts';
import type { OutsideCouncil, OutsideRound } from '../deliberation/deliberation-options.ts';
import type { AdvisoryBallot } from '../deliberation/session-messages.ts';
import { createOutsideAgent } from './outside-agent.ts';
import type { CastReply, OutsideAgentMessage } from './outside-agent.ts';

/** Time that the actor has to judge a ballot, ms. */
const CAST_MS = 2_000;
const AGENT_MAX_COUNT = 1_000;
const TEXT_MAX_LENGTH = 500;

/** What outside agents are run with. */
export interface OutsideAgentsOptions {
  readonly crypto: LedgerCrypto;
  /** Actor below which the agents live: `/council/external`. Undefined: no council runs here. */
  readonly parent: () => AnyRef | undefined;
  /** Names that no outsider may take. */
  readonly seats: readonly string[];
  /** Passes advice on to the council. */
  advise(ballot: AdvisoryBallot): void;
}

interface Connected {
  readonly agent: OutsideAgent;
  readonly tenant: string;
  readonly ref: ActorRef<OutsideAgentMessage>;
}

/** Registry of connected agents: the doors' end and the sessions' end of them. */
export class OutsideAgents implements OutsideAgentsPort, OutsideCouncil {
  readonly #options: OutsideAgentsOptions;
  readonly #connected = new Map<string, Connected>();

  constructor(options: OutsideAgentsOptions) {
    this.#options = options;
  }

  /** Agents connected now. */
  get size(): number {
    return this.#connected.size;
  }

  isServing(tenant: string): boolean {
    for (const connected of this.#connected.values()) if (connected.tenant === tenant) return true;
    return false;
  }

  async register(
    agent: OutsideAgent,
    { tenant }: Principal,
    stream: OutsideAgentStream,
  ): Promise<OutsideRegistration> {
    this.#check(agent);
    const parent = this.#options.parent();
    if (!parent) throw new WitanError('unavailable', 'no council sits on this node');
    const name = `${tenant}.${agent.agentId}`;
    if (this.#connected.has(name)) {
      throw new WitanError('already_exists', `the agent ${agent.agentId} is connected`, { path: 'agentId' });
    }
    if (this.#connected.size >= AGENT_MAX_COUNT) {
      throw new WitanError('overloaded', 'too many outside agents are connected', { retryAfterMs: 60_000 });
    }
    const { crypto, advise } = this.#options;
    let isClosed = false;
    const ref = spawn(parent, createOutsideAgent({ agent, stream, crypto, advise }), name, {
      initialState: undefined,
      behaviorName: 'outsideAgent',
      mailbox: { capacity: 1_024, overflow: 'reject' },
      // What it was asked is advice; a new connection begins anew.
      onCrash: () => 'stop',
      afterStop: () => {
        if (this.#connected.get(name)?.ref === ref) this.#connected.delete(name);
        if (!isClosed) stream.onEnd('the node ended the registration');
      },
    });
    this.#connected.set(name, { agent, tenant, ref });
    return {
      cast: async (ballot) => {
        const { error } = await query(
          ref,
          (replyTo: ActorRef<CastReply>) => ({ type: 'cast' as const, ballot, replyTo }),
          { timeoutMs: CAST_MS },
        );
        if (error) throw error;
      },
      decline: (decisionId) => ref.tell({ type: 'decline', decisionId }),
      close: () => {
        isClosed = true;
        this.#connected.delete(name);
        void stop(ref);
      },
    };
  }

  ask(request: DeliberateRequest, round: OutsideRound): void {
    if (this.#connected.size === 0) return;
    const { tenant, request: asked } = request.decision;
    for (const { agent, tenant: own, ref } of this.#connected.values()) {
      const isConcerned = agent.decisionTypes.length === 0 || agent.decisionTypes.includes(asked.type);
      if (own === tenant && isConcerned) ref.tell({ type: 'work', request, round });
    }
  }

  #check({ agentId, publicKey, title, mandate, decisionTypes }: OutsideAgent): void {
    const refuse = (path: string, expected: string): never => {
      throw new WitanError('invalid_argument', `${path} is not of the expected form`, { path, expected });
    };
    if (!SeatId.safeParse(agentId).success) refuse('agentId', 'kebab-case, 1 to 40 characters');
    if (this.#options.seats.includes(agentId)) refuse('agentId', 'a name that no seat of the council has');
    if (!/^[0-9a-f]{64}$/.test(publicKey) || fromHex(publicKey).length !== 32)
      refuse('publicKey', 'a raw Ed25519 public key as 64 lower-case hex digits');
    if (title.length > TEXT_MAX_LENGTH) refuse('title', `at most ${TEXT_MAX_LENGTH} characters`);
    if (mandate.length > TEXT_MAX_LENGTH) refuse('mandate', `at most ${TEXT_MAX_LENGTH} characters`);
    if (decisionTypes.length > 100) refuse('decisionTypes', 'at most 100 types');
  }
}
