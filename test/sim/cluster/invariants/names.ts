/** What must hold of a cluster, whatever happens to it. */

/** Invariants of the cluster simulator by name, with what each says. */
export const CLUSTER_INVARIANTS = {
  'one-holder': 'no two nodes hold one claim at a time',
  'generations-rise': 'who takes a claim has a higher generation than all before',
  'acts-in-order': 'nobody acts under a name after a newer owner has acted',
  'one-activation': 'no two living actors of one entity or singleton may act at a time',
  'entity-keeps-all': 'an acknowledged change of an entity is in its state, once',
  'asks-once': 'an ask is handled once unless it carries an id, and gets its own answer',
  'tells-in-order': 'tells of one run to another come once at most, and in order',
  'messages-balance': 'sent = delivered + dead letters, where nothing goes wrong; batches always',
  'sends-arrive': 'a durable message that was taken is handled, once',
  'acknowledged-survives': 'no acknowledged entry of the log is lost or moved',
  'one-writer': 'no entry is acknowledged under a generation after a higher one',
  'heads-agree': 'no two signed heads of one size differ',
  'one-final': 'an accepted decision has one final entry',
  'answer-is-recorded': 'a verdict that somebody got is the one on the record',
  'decisions-end': 'no accepted decision stays open',
  'outage-ends-no-lease':
    'a node that nothing happened to keeps its lease, also through an outage of the store',
  converges: 'after the faults all is owned, reachable and equal again, in time',
  'comes-to-rest': 'nothing throws where nobody catches it',
} as const;

/** See {@link CLUSTER_INVARIANTS}. */
export type ClusterInvariantName = keyof typeof CLUSTER_INVARIANTS;

/** One of them does not hold. */
export interface ClusterViolation {
  readonly invariant: ClusterInvariantName;
  readonly what: string;
}
