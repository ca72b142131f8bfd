/** Two nodes of a bench: who they are, what they send, and what lives on the far one. */
import type { Member, Members } from '../../cluster/membership/members.ts';
import { startRemoting } from '../../cluster/remote/start-remoting.ts';
import type { NodeRemoting } from '../../cluster/remote/start-remoting.ts';
import { CLUSTER_PROTOCOL } from '../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import { start } from '../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../runtime/kernel/index.ts';
import type { BusPort } from '../../runtime/kernel/ports/bus.ts';

/** Names of the two nodes, each with its only run. */
export const RUNS = { near: '00000000000000aa', far: '00000000000000bb' } as const;

/** A node of the bench. */
export type BenchNode = keyof typeof RUNS;

/** Subjects of the bare side. */
export const BARE = { sink: 'bench.sink', echo: 'bench.echo', seats: 'bench.seats' } as const;

/** What a tell carries: a small object, as seats and sessions send them. */
export interface Seen {
  readonly type: 'seen';
  readonly session: string;
  readonly round: number;
  readonly seat: string;
  readonly count: number;
}

/** The same as an ask. */
export interface Question {
  readonly type: 'question';
  readonly seat: string;
  readonly replyTo: ActorRef<number>;
}

/** What the near side says to the far process over its channel. */
export interface ToFar {
  /** Says so when it has got that many messages from now on. */
  readonly expect: number;
  readonly of: 'bare' | 'tells';
}

/** A node with its remoting; its members never change. */
export async function joinPair(
  node: BenchNode,
  bus: BusPort,
): Promise<{ readonly system: ActorSystem; readonly remoting: NodeRemoting }> {
  const system = start({ node });
  const remoting = await startRemoting({ system, bus, members: membersFor(node), cluster: 'bench' });
  return { system, remoting };
}

function membersFor(node: BenchNode): Members {
  const all = Object.entries(RUNS).map(([name, incarnation]): Member => {
    const record = { node: name, incarnation, state: 'up', protocol: CLUSTER_PROTOCOL } as MemberRecord;
    return { record, revision: 1, condition: 'well' };
  });
  const never = (): (() => void) => () => undefined;
  return {
    self: { node, incarnation: RUNS[node] },
    list: () => all,
    get: (name) => all.find(({ record }) => record.node === name),
    isLiving: (name, incarnation) => RUNS[name as BenchNode] === incarnation,
    onChange: never,
    onGone: never,
  };
}
