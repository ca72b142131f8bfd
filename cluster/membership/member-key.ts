/** Values of members' keys: to bytes and back. */
import { CLUSTER_PROTOCOL, memberKey, MEMBERS_PREFIX } from '../../contracts/cluster-names.ts';
import { MemberRecord } from '../../contracts/messages/cluster/member.ts';
import type { Random } from '../../runtime/kernel/clock.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a record. */
export function encodeMember(record: MemberRecord): Uint8Array {
  return encoder.encode(JSON.stringify(record));
}

/** Record below `key`; undefined: not one that this version reads, or not that key's. */
export function decodeMember(key: string, value: Uint8Array): MemberRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(value));
  } catch {
    return undefined;
  }
  const parsed = MemberRecord.safeParse(json);
  if (!parsed.success || memberKey(parsed.data.node, parsed.data.incarnation) !== key) return undefined;
  return parsed.data;
}

/** Node and incarnation that a member's key names. */
export function memberOf(key: string): { node: string; incarnation: string } | undefined {
  const [node, incarnation, more] = key.slice(MEMBERS_PREFIX.length).split('.');
  if (!key.startsWith(MEMBERS_PREFIX) || !node || !incarnation || more !== undefined) return undefined;
  return { node, incarnation };
}

/** Name of a new run of a node. */
export function newIncarnation(random: Random): string {
  const half = (): string => random.uint32().toString(16).padStart(8, '0');
  return half() + half();
}

/** What is written for a run whose key is missing, so that it can never renew it. */
export function epitaph(
  run: { readonly node: string; readonly incarnation: string },
  goneBy: string,
): MemberRecord {
  return {
    format: 'witan-member/1',
    node: run.node,
    incarnation: run.incarnation,
    state: 'gone',
    protocol: { ...CLUSTER_PROTOCOL },
    version: '',
    roles: [],
    labels: {},
    beat: 0,
    lagMs: 0,
    load: 0,
    goneBy,
  };
}
