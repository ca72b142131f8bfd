/** Rates between two processes over NATS, and of local asks with and without a cluster. */
import { query, spawnStateless, start, stop } from '../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../runtime/kernel/index.ts';
import { connectNats } from '../../transport/nats/index.ts';
import type { NatsPorts } from '../../transport/nats/index.ts';
import { openRounds } from './council/rounds.ts';
import type { Rounds } from './council/rounds.ts';
import type { Signing } from './council/seats.ts';
import { FarProcess } from './far-process.ts';
import { BARE, joinPair } from './pair.ts';
import type { Question, Seen } from './pair.ts';

/** The near side: a connection, a node of the cluster, and a system that knows of no cluster. */
export interface Near {
  readonly ports: NatsPorts;
  readonly bus: ReturnType<NatsPorts['bus']>;
  readonly node: Awaited<ReturnType<typeof joinPair>>;
  readonly alone: ActorSystem;
  readonly far: FarProcess;
  readonly rounds: Rounds;
  close(): Promise<void>;
}

/** Starts both sides on a running server. */
export async function openNear(url: string): Promise<Near> {
  const far = await FarProcess.start(url);
  const ports = await connectNats({ url, name: 'bench-near', reconnectWaitMs: 50 });
  const bus = ports.bus();
  const node = await joinPair('near', bus);
  const alone = start({ node: 'alone' });
  for (const system of [node.system, alone]) spawnStateless(system, answer, 'echo');
  const rounds = await openRounds({ url, ...node });
  return {
    ...{ ports, bus, node, alone, far, rounds },
    close: async () => {
      await rounds.close();
      await node.remoting.close();
      await Promise.all([stop(node.system), stop(alone)]);
      await ports.close();
      far.close();
    },
  };
}

function answer({ replyTo, seat }: Question): void {
  replyTo.tell(seat.length);
}

// Rounds that are open at once: a node decides several decisions at a time.
const ROUND_WIDTH = 8;

// Sends between two looks at whether the process has got rid of what it sent.
const FLUSH_EVERY = 2_000;
const PAYLOAD = new TextEncoder().encode(
  JSON.stringify({ type: 'seen', session: 's-8123', round: 1, seat: 'guardian', count: 42_000 }),
);

/** Messages a second until the far side has them all: one publish each. */
export async function bareTells({ bus, far }: Near, count: number): Promise<number> {
  await far.expect({ expect: count, of: 'bare' });
  return rate(count, async () => {
    for (let sent = 0; sent < count; sent += 1) {
      bus.publish(BARE.sink, PAYLOAD);
      if (sent % FLUSH_EVERY === FLUSH_EVERY - 1) await bus.flush();
    }
    await far.next();
  });
}

/** The same as tells to an actor. */
export async function remoteTells({ node, far }: Near, count: number): Promise<number> {
  const sink = node.remoting.ref<Seen>('far', '/sink');
  await far.expect({ expect: count, of: 'tells' });
  return rate(count, async () => {
    for (let sent = 0; sent < count; sent += 1) {
      sink.tell({ type: 'seen', session: 's-8123', round: 1, seat: 'guardian', count: sent });
      if (sent % FLUSH_EVERY === FLUSH_EVERY - 1) await node.remoting.flush();
    }
    await far.next();
  });
}

/** Requests a second of the bus, `width` in flight. */
export function bareAsks({ bus }: Near, count: number, width: number): Promise<number> {
  return rate(count, () => lanes(count, width, () => bus.request(BARE.echo, PAYLOAD, { timeoutMs: 10_000 })));
}

/** Asks a second to an actor of the far node, `width` in flight. */
export function remoteAsks({ node }: Near, count: number, width: number): Promise<number> {
  return asks(node.system, { ref: node.remoting.ref<Question>('far', '/echo'), count, width });
}

/** Asks a second to an actor of the same system, which is in a cluster or not. */
export function localAsks({ node, alone }: Near, count: number, isClustered: boolean): Promise<number> {
  const system = isClustered ? node.system : alone;
  return asks(system, { ref: system.find('/echo') as ActorRef<Question>, count, width: 64 });
}

/** Rounds a second of twelve seats of the far node, `width` at a time. */
export function councilRounds({ rounds }: Near, signing: Signing, count: number): Promise<number> {
  return rate(count, () => rounds.ask(signing, count, ROUND_WIDTH));
}

/** The same where each seat has its ballot ready: what the messages alone cost. */
export function readyRounds({ rounds }: Near, count: number): Promise<number> {
  return rate(count, () => rounds.askAgain(count, ROUND_WIDTH));
}

/** Whole deliberations a second of a council here with its seats there. */
export function councilSessions({ rounds }: Near, count: number): Promise<number> {
  return rate(count, () => rounds.deliberate(count, ROUND_WIDTH));
}

/** `requestMany` of twelve a second, as many at a time. */
export function bareRounds({ rounds }: Near, count: number): Promise<number> {
  return rate(count, () => rounds.bare(count, ROUND_WIDTH));
}

interface AskJob {
  readonly ref: ActorRef<Question>;
  readonly count: number;
  readonly width: number;
}

function asks(system: ActorSystem, { ref, count, width }: AskJob): Promise<number> {
  const options = { timeoutMs: 10_000, via: system };
  const make = (replyTo: ActorRef<number>): Question => ({ type: 'question', seat: 'guardian', replyTo });
  return rate(count, () => lanes(count, width, () => query<Question, number>(ref, make, options)));
}

async function lanes(count: number, width: number, one: () => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: width }, lane));
}

async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (count / (performance.now() - startedMs)) * 1_000;
}
