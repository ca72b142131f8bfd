/** What the size of a cluster costs each node, on the real code: wishes, list of members, frozen keys. */
import { winners } from '../../../cluster/placement/rendezvous.ts';
import { MemberTable } from '../../../cluster/membership/member-table.ts';
import { encodeMember } from '../../../cluster/membership/member-key.ts';
import { memberKey, shardClaim } from '../../../contracts/cluster-names.ts';
import type { KeyId } from '../../../contracts/messages/ids.ts';
import { FrozenSeat } from '../../../contracts/messages/session.ts';
import { digestOf } from '../../../runtime/kernel/crypto/digest.ts';
import { SystemClock } from '../../../runtime/kernel/index.ts';
import { median } from '../../report/figure.ts';
import { benchKeys, Deliberations } from '../council/seats.ts';
import { nodeNames } from './shard-moves.ts';

/** Costs of one size, ms of the main loop where not said otherwise. */
export interface NodeCosts {
  /** Who is wished for where, once for a changed set of members; a change asks for two. */
  readonly wishesMs: number;
  /** Members in order, as each renewal of the own lease asks for them. */
  readonly membersMs: number;
  /** Terms of a decision that freeze the keys of the seats of all nodes, bytes of JSON. */
  readonly termsBytes: number;
  /** Their digest, once a decision. */
  readonly termsMs: number;
  /** Whether such terms fit their schema. */
  readonly isAllowed: boolean;
}

const ROUNDS = 3;

/** Measures them for `nodeCount` nodes, all of which decide. */
export function nodeCosts(nodeCount: number, shardCount: number): NodeCosts {
  const claims = Array.from({ length: shardCount }, (_, shard) => shardClaim('decision', shard));
  const nodes = nodeNames(nodeCount);
  const table = tableOf(nodeCount);
  const terms = termsOf(nodeCount);
  return {
    wishesMs: medianMs(() => winners(claims, nodes)),
    membersMs: medianMs(() => table.living()),
    termsBytes: JSON.stringify(terms).length,
    termsMs: medianMs(() => digestOf(terms)),
    isAllowed: FrozenSeat.safeParse(terms.roster[0]).success,
  };
}

function medianMs(work: () => unknown): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    work();
    return performance.now() - startMs;
  });
  return median(times);
}

function tableOf(nodeCount: number): MemberTable {
  const table = new MemberTable();
  for (let index = 0; index < nodeCount; index += 1) {
    const node = `node-${index + 1}`;
    const incarnation = index.toString(16).padStart(16, '0');
    const value = encodeMember({
      ...{ format: 'witan-member/1', node, incarnation, state: 'up', protocol: { min: 1, max: 1 } },
      ...{ version: '0.1.0', roles: ['platform', 'worker'], labels: {}, beat: 1, lagMs: 0, load: 0 },
    });
    table.apply({ key: memberKey(node, incarnation), value, revision: index + 1 });
  }
  return table;
}

/** Keys of the same seat on all other nodes stand beside the own one. */
function termsOf(nodeCount: number) {
  const { terms } = new Deliberations(benchKeys(new SystemClock())).next();
  const roster = terms.roster.map((seat) => ({
    ...seat,
    ...(nodeCount > 1 && {
      otherKeys: Array.from({ length: nodeCount - 1 }, (_, index) => ({
        keyId: `seat/${seat.seat}#${index.toString(16).padStart(16, '0')}` as KeyId,
        publicKey: index.toString(16).padStart(64, '0'),
      })),
    }),
  }));
  return { ...terms, roster };
}
