/** Fences of the cluster, each taken away, with the seed from which on the search for it begins. */
import { Peer } from '../../../../cluster/remote/peer.ts';
import type { JournalPort } from '../../../../runtime/kernel/ports/journal.ts';
import { BLIND_TO_NEWER, REMOVALS, UNPROVEN, WallDetector } from '../../../cluster/leases/removals.ts';
import { TIMES } from '../../../cluster/leases/lease-world.ts';
import { LEDGER_PLANTS } from '../../plants/ledger-plants.ts';
import type { ClusterPlant } from './cluster-plant.ts';

const OWNERS = ['one-holder', 'acts-in-order', 'one-activation', 'generations-rise'] as const;
const RECORD = ['acknowledged-survives', 'one-writer', 'heads-agree', 'converges'] as const;

const LEASE_PLANTS: readonly ClusterPlant[] = [
  {
    name: 'own-clock',
    from: 7,
    breaks: OWNERS,
    what: 'a holder goes on when its own clock says that its lease is over',
    lease: () => REMOVALS['the own clock of the lease'],
  },
  {
    name: 'no-margin',
    from: 7,
    breaks: OWNERS,
    what: 'a holder uses its lease to the end: no share of it is kept for clocks that differ',
    lease: () => ({ marginShare: 0 }),
  },
  {
    name: 'newer-unseen',
    from: 11,
    breaks: OWNERS,
    what: 'a holder does not look whether it has seen a newer owner',
    lease: () => BLIND_TO_NEWER,
  },
  {
    name: 'released-held',
    from: 45,
    breaks: OWNERS,
    what: 'a claim that is being released is held until that is seen',
    lease: () => REMOVALS['the fence of what was released'],
  },
  {
    name: 'claim-without-cas',
    breaks: OWNERS,
    what: 'claims are written without naming their revision',
    lease: () => REMOVALS['compare-and-set of a claim'],
  },
  {
    name: 'end-without-cas',
    from: 6,
    breaks: [...OWNERS, 'outage-ends-no-lease'],
    what: 'the end of a member is written without naming its revision',
    lease: () => REMOVALS['compare-and-set of a member’s end'],
  },
  {
    name: 'outage-counts',
    from: 3,
    breaks: ['outage-ends-no-lease'],
    what: 'the time in which the store takes no writes counts against its members',
    lease: () => ({ makeDetector: () => new WallDetector(TIMES) }),
  },
  {
    name: 'unproven-gone',
    from: 150,
    breaks: OWNERS,
    what: 'a run that was never seen is taken for gone without proof',
    lease: () => UNPROVEN,
  },
];

const ACTOR_PLANTS: readonly ClusterPlant[] = [
  {
    name: 'entity-unfenced',
    from: 7,
    breaks: ['acts-in-order', 'one-activation', 'entity-keeps-all'],
    what: 'entities act without looking at the fence of their shard',
    isEntityUnfenced: true,
  },
  {
    name: 'singleton-unfenced',
    from: 14,
    breaks: ['acts-in-order'],
    what: 'the child of a singleton acts without looking at its fence',
    isSingletonUnfenced: true,
  },
  {
    name: 'any-writer',
    from: 56,
    breaks: ['entity-keeps-all'],
    what: 'the journal takes events of any generation, after whatever stands there',
    wrapJournal: anyWriter,
  },
  {
    name: 'batches-twice',
    from: 14,
    breaks: ['tells-in-order', 'asks-once'],
    what: 'a batch that comes twice, or after a later one, is handled',
    install: () => {
      const { accepts } = Peer.prototype;
      Peer.prototype.accepts = () => true;
      return () => void (Peer.prototype.accepts = accepts);
    },
  },
  {
    name: 'asks-repeated',
    from: 2,
    breaks: ['asks-once'],
    what: 'an ask is repeated though nothing tells its repetition from another ask',
    repeatsAsks: true,
  },
];

// The other rules of the log need power cuts at moments of their own: test/cluster/log-plants.test.ts.
const LOG_PLANTS: readonly ClusterPlant[] = [
  {
    name: 'ack-alone',
    breaks: RECORD,
    what: 'entries are acknowledged when the disk of the writer has them',
    log: { ackAlone: true },
  },
  {
    name: 'promote-anyone',
    from: 2,
    breaks: RECORD,
    what: 'any node writes the log, whatever its copy holds',
    log: { promoteAnyone: true },
  },
];

const DECISION_PLANTS: readonly ClusterPlant[] = [
  {
    name: 'early-answer',
    breaks: ['answer-is-recorded'],
    what: 'a verdict is given before it is on the record',
    wrapLedger: LEDGER_PLANTS.find(({ name }) => name === 'early-answer')!.ledger!,
  },
];

/** See the head of the file. */
export const CLUSTER_PLANTS: readonly ClusterPlant[] = [
  ...LEASE_PLANTS,
  ...ACTOR_PLANTS,
  ...LOG_PLANTS,
  ...DECISION_PLANTS,
];

/** Planted fault of a name, or undefined. */
export function clusterPlantNamed(name: string): ClusterPlant | undefined {
  return CLUSTER_PLANTS.find((plant) => plant.name === name);
}

/** A journal without its two checks. */
function anyWriter(inner: JournalPort): JournalPort {
  const lengthOf = async (key: string): Promise<number> => {
    let length = 0;
    for await (const { sequence } of inner.read(key, 0)) length = sequence;
    return length;
  };
  return {
    append: async (key, events) => inner.append(key, events, { expectedSequence: await lengthOf(key) }),
    read: (key, afterSequence) => inner.read(key, afterSequence),
    latestSnapshot: (key) => inner.latestSnapshot(key),
    saveSnapshot: (snapshot) => inner.saveSnapshot(snapshot),
    keys: (prefix) => inner.keys(prefix),
    forget: (key) => inner.forget(key),
    close: () => inner.close(),
  };
}
