/** Many live agents in the system of a node: seat actors with mailboxes, below supervisors. */
import { createSeatBehavior, SEAT_MAILBOX } from '../../agents/kit/seat-actor.ts';
import type { SeatMailboxMessage } from '../../agents/kit/seat-actor.ts';
import type { BallotReply } from '../../contracts/messages/council.ts';
import { query, spawn, spawnStateless, stop } from '../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem, AnyRef } from '../../runtime/kernel/index.ts';
import type { KeysPort } from '../../runtime/kernel/ports/keys.ts';
import { spawnSupervisor } from '../../supervisors/supervisor.ts';
import type { SupervisorMessage } from '../../supervisors/supervisor.ts';
import type { ChildStatus } from '../../supervisors/supervision.ts';
import { benchPlan, Deliberations, SEATS } from '../cluster/council/seats.ts';

/** Agents below one supervisor. */
const GROUP_COUNT = 1_000;
/** How often agents are sent their share of messages, ms. */
const TICK_MS = 10;

type Agent = ActorRef<SeatMailboxMessage>;

/** Agents that are alive until `stop`. */
export class Crowd {
  readonly #system: ActorSystem;
  readonly #keys: KeysPort;
  readonly #agents: Agent[] = [];
  #root: AnyRef | undefined;

  constructor(system: ActorSystem, keys: KeysPort) {
    this.#system = system;
    this.#keys = keys;
  }

  /** Starts `count` agents; resolves when every supervisor says that its agents run. */
  async start(count: number): Promise<void> {
    const root = spawnStateless(this.#system, () => undefined, 'crowd') as AnyRef;
    this.#root = root;
    const groups: ActorRef<SupervisorMessage>[] = [];
    for (let from = 0; from < count; from += GROUP_COUNT) {
      const size = Math.min(GROUP_COUNT, count - from);
      const children = Array.from({ length: size }, (_, at) => this.#spec(from + at));
      groups.push(spawnSupervisor(root, `group-${groups.length}`, { children }));
      // The node goes on deciding while they come.
      await new Promise((resolve) => setImmediate(resolve));
    }
    let running = 0;
    for (const group of groups) {
      const statuses = await query<SupervisorMessage, readonly ChildStatus[]>(
        group,
        (replyTo) => ({ type: 'children', replyTo }),
        { timeoutMs: 60_000 },
      );
      running += statuses.filter(({ phase }) => phase === 'up').length;
    }
    if (running !== count) throw new Error(`${running} of ${count} agents run`);
  }

  /** Asks `perSecond` of them, one after the other, for a signed ballot, until `until`; how many answered. */
  async ask(perSecond: number, until: Promise<unknown>): Promise<number> {
    let answered = 0;
    const sink = spawnStateless<BallotReply>(
      this.#system,
      ({ type }) => void (answered += type === 'ballot' ? 1 : 0),
      'crowd-answers',
      { mailbox: { capacity: 65_536 } },
    );
    const deliberations = new Deliberations(this.#keys);
    let sent = 0;
    const startMs = performance.now();
    const send = (): void => {
      const due = Math.floor(((performance.now() - startMs) * perSecond) / 1_000);
      const { decision, sessionDigest, attested } = deliberations.next();
      for (; sent < due; sent += 1)
        this.#agents[sent % this.#agents.length]!.tell({
          ...{ type: 'ballot-request', decision, sessionDigest, round: 1, budgetMs: 10_000 },
          ...{ attested, peers: [], previous: null, replyTo: sink },
        });
    };
    const timer = setInterval(send, TICK_MS);
    await until.finally(() => clearInterval(timer));
    await stop(sink);
    return answered;
  }

  /** Ends all; resolves when the last is gone. */
  async stop(): Promise<void> {
    if (this.#root) await stop(this.#root);
    this.#root = undefined;
    this.#agents.length = 0;
  }

  #spec(number: number) {
    const id = `agent-${number}`;
    return {
      id,
      start: (parent: AnyRef): AnyRef => {
        const plan = benchPlan(SEATS[number % SEATS.length]!);
        const behavior = createSeatBehavior({ plan, keys: this.#keys, clock: this.#system.clock });
        const agent = spawn<undefined, SeatMailboxMessage>(parent, behavior, id, {
          ...{ mailbox: SEAT_MAILBOX, behaviorName: 'agent', onCrash: () => 'stop' },
        });
        this.#agents[number] = agent;
        return agent as AnyRef;
      },
    };
  }
}
