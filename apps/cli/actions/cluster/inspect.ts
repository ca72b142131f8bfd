/** `witan cluster status | shards | advice | check | drain`: the cluster as one of its nodes sees it. */
import type { ClusterView } from '../../../../contracts/messages/door/cluster.ts';
import type { CommandRun } from '../../command.ts';
import { nodeClient } from '../../running-node.ts';
import type { Terminal } from '../../terminal.ts';
import { findingsOf } from './findings.ts';

/** `witan cluster status`. */
export async function status(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const view = await nodeClient(call).cluster();
  terminal.json(view);
  const { shards, log } = view;
  const owned = `${shards.count - shards.free} of ${shards.count}`;
  terminal.line(`${view.name}: ${view.members.length} nodes, ${owned} shards owned`);
  for (const text of memberLines(view, terminal.paint)) terminal.line(text);
  if (log) {
    const disks = `${log.inSync.length} ${log.inSync.length === 1 ? 'disk' : 'disks'}`;
    terminal.line(`record ${log.logId}: ${log.size} entries on ${disks} (${log.inSync.join(', ')})`);
    terminal.line(`  written by ${log.writer}, generation ${log.generation}`);
  } else terminal.line('record: no node has written it yet');
  for (const { name, node } of view.singletons) {
    if (name !== 'ledger')
      terminal.line(`once: ${name.padEnd(16)} ${node ?? terminal.paint('bad', 'nowhere')}`);
  }
  return 0;
}

/** `witan cluster shards`. */
export async function shards(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const view = await nodeClient(call).clusterShards();
  terminal.json(view);
  const owners = new Map<string, number[]>();
  for (const { shard, node } of view.shards) {
    const owner = node ?? '(free)';
    owners.set(owner, [...(owners.get(owner) ?? []), shard]);
  }
  for (const [owner, owned] of [...owners].sort(([left], [right]) => (left < right ? -1 : 1))) {
    terminal.line(`${owner.padEnd(16)} ${String(owned.length).padStart(4)}  ${ranges(owned)}`);
  }
  return 0;
}

/** `witan cluster advice`. */
export async function advice(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const view = await nodeClient(call).scaleAdvice();
  terminal.json(view);
  const { action, nodes, wanted, isKnown, triggers } = view;
  if (!isKnown) {
    terminal.line('too little was seen of the load; ask again in a minute');
    return 0;
  }
  const paint = action === 'hold' ? 'good' : 'warn';
  terminal.line(`${terminal.paint(paint, action)}: ${nodes} nodes decide, ${wanted} should`);
  for (const { name, value, expected, threshold, isFiring, remedy } of triggers) {
    const figures = `${round(value)} now, ${round(expected)} expected, ${round(threshold)} is too much`;
    const mark = isFiring ? terminal.paint('bad', 'fires') : terminal.paint('soft', '     ');
    terminal.line(`${mark} ${name.padEnd(16)} ${figures}${isFiring ? ` (${REMEDY[remedy]})` : ''}`);
  }
  return action === 'hold' ? 0 : 1;
}

const REMEDY = {
  nodes: 'more nodes help',
  shards: 'raise cluster.shardCount, or set the label capacity',
  beat: 'lengthen cluster.beatMs and cluster.leaseMs',
} as const;

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** `witan cluster check`. */
export async function check(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const findings = findingsOf(await nodeClient(call).cluster());
  for (const finding of findings) {
    terminal.json(finding);
    const paint = finding.level === 'bad' ? 'bad' : 'warn';
    terminal.line(`${terminal.paint(paint, finding.level.padEnd(5))} ${finding.what}: ${finding.advice}`);
  }
  if (findings.length === 0) terminal.line(terminal.paint('good', 'nothing is wrong'));
  return findings.some(({ level }) => level === 'bad') ? 1 : 0;
}

/** `witan cluster drain`. */
export async function drain(call: CommandRun): Promise<number> {
  const { terminal } = call;
  const done = await nodeClient(call).drainNode();
  terminal.json(done);
  terminal.line(`${done.node} owns ${done.shardCount} shards; it can be stopped`);
  return done.shardCount === 0 ? 0 : 1;
}

function memberLines(view: ClusterView, paint: Terminal['paint']): string[] {
  return view.members.map(({ node, state, condition, shardCount, load, lagMs, roles, version }) => {
    const isWell = state === 'up' && condition === 'well';
    const how = condition === 'well' ? state : `${state}, ${condition}`;
    const mark = node === view.node ? '*' : ' ';
    const figures = `${shardCount} shards, ${load} open, ${Math.round(lagMs)} ms late`;
    return `${mark} ${node.padEnd(14)} ${paint(isWell ? 'good' : 'warn', how.padEnd(14))} ${figures}  ${paint(
      'soft',
      `${roles.join(' ')}  ${version}`,
    )}`;
  });
}

/** `0-3, 7, 9-12` */
function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length;) {
    let end = at;
    while (numbers[end + 1] === numbers[end]! + 1) end += 1;
    parts.push(end === at ? `${numbers[at]}` : `${numbers[at]}-${numbers[end]}`);
    at = end + 1;
  }
  return parts.join(', ');
}
