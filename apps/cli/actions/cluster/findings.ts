/** What is wrong with a cluster, and what to do about it: pure. */
import type { ClusterView } from '../../../../contracts/messages/door/cluster.ts';

/** One thing that somebody should know. `bad`: something is not served, or would be lost by one more fault. */
export interface ClusterFinding {
  readonly level: 'bad' | 'warn';
  readonly what: string;
  readonly advice: string;
}

/** Findings, the worst first. */
export function findingsOf(view: ClusterView): readonly ClusterFinding[] {
  const found: ClusterFinding[] = [];
  const bad = (what: string, advice: string): void => void found.push({ level: 'bad', what, advice });
  const warn = (what: string, advice: string): void => void found.push({ level: 'warn', what, advice });
  if (view.lease !== 'held') bad(`the lease of ${view.node} is ${view.lease}`, 'look at its way to NATS');
  const decides = (roles: readonly string[]): boolean =>
    roles.includes('platform') && roles.includes('worker');
  if (view.shards.free > 0) {
    const advice = view.members.some(({ roles, state }) => state === 'up' && decides(roles))
      ? 'they are taken within a few seconds; ask again'
      : 'start a node with the roles platform and worker';
    bad(`${view.shards.free} shards have no owner`, advice);
  }
  const ledgers = view.members.filter(({ roles }) => roles.includes('ledger'));
  const { log } = view;
  if (!log) bad('no node writes the record', 'start a node with the role ledger');
  else if (!view.members.some(({ node }) => node === log.writer)) {
    bad(
      `the writer of the record, ${log.writer}, is no member`,
      'another takes over within seconds, or start it',
    );
  } else if (log.inSync.length < 2) {
    const advice =
      ledgers.length < 2 ? 'start a second node with the role ledger' : 'look at the followers’ logs';
    bad(`the record is on the disk of ${log.inSync.join(', ')} alone`, advice);
  } else if (log.inSync.length < ledgers.length) {
    const missing = ledgers.map(({ node }) => node).filter((node) => !log.inSync.includes(node));
    warn(`${missing.join(', ')} is behind with the record`, 'it catches up by itself, or its disk is full');
  }
  for (const { name, node } of view.singletons)
    if (node === null && name !== 'ledger') bad(`${name} runs nowhere`, 'start a node with its role');
  for (const { node, condition, state } of view.members) {
    if (condition === 'silent') warn(`${node} is silent`, 'it is replaced when its lease is over');
    else if (condition === 'slow') warn(`${node} is slow`, 'give it less work or more processor');
    if (state === 'draining') warn(`${node} is draining`, 'stop it, or start it again');
  }
  const versions = new Set(view.members.map(({ version }) => version));
  if (versions.size > 1) warn(`versions differ: ${[...versions].join(', ')}`, 'finish the update');
  return found.sort((left, right) => (left.level === right.level ? 0 : left.level === 'bad' ? -1 : 1));
}
