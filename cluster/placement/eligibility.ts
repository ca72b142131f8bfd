/** Which members may have a piece of work. */
import { CLUSTER_PROTOCOL } from '../../contracts/cluster-names.ts';
import type { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import type { Member } from '../membership/members.ts';

/** What work asks of the node that has it. */
export interface Need {
  /** All of them. */
  readonly roles?: readonly string[];
  /** Labels with exactly these values (`{ gpu: 'true' }`). */
  readonly labels?: Readonly<Record<string, string>>;
  /** Versions of the protocol between nodes, of which one must be common; default: those of this program. */
  readonly protocol?: { readonly min: number; readonly max: number };
}

/** Whether a member may have it: up, with the roles and labels, and speaking a common protocol. */
export function isEligible(record: MemberRecord, need: Need = {}): boolean {
  const { roles = [], labels = {}, protocol = CLUSTER_PROTOCOL } = need;
  return (
    record.state === 'up' &&
    roles.every((role) => record.roles.includes(role)) &&
    Object.entries(labels).every(([label, value]) => record.labels[label] === value) &&
    record.protocol.min <= protocol.max &&
    protocol.min <= record.protocol.max
  );
}

/** Label whose value is the weight of a node when work is spread. */
export const CAPACITY_LABEL = 'capacity';

/** Weight of a node: its label `capacity`, from 0.01 to 100; 1 where there is none or it is no such number. */
export function capacityOf(record: MemberRecord): number {
  const text = record.labels[CAPACITY_LABEL];
  const value = text === undefined || text.trim() === '' ? 1 : Number(text);
  return value >= 0.01 && value <= 100 ? value : 1;
}

/** Eligible members, one for each node: where a node has two runs, the one that came later. */
export function eligibleMembers(members: readonly Member[], need?: Need): Member[] {
  const newest = new Map<string, Member>();
  for (const member of members) {
    const before = newest.get(member.record.node);
    if (!before || cameAt(member) > cameAt(before)) newest.set(member.record.node, member);
  }
  return [...newest.values()].filter(({ record }) => isEligible(record, need));
}

function cameAt({ since, revision }: Member): number {
  return since ?? revision;
}
