/**
 * A node that does nothing but keep its lease, for tests that block, stop or kill it.
 *
 *     node … test/integration/heartbeat-process.ts URL BUCKET NODE HUNG_MS
 *
 * Prints each state of the lease on a line; a line `block N` on its input blocks the main loop for N ms
 * between the lines `blocking` and `unblocked`, and `stop` ends it.
 */
import { createInterface } from 'node:readline';
import { HeartbeatThread } from '../../runtime/host/cluster/heartbeat-thread.ts';

const [url, bucket, node, hungMs] = process.argv.slice(2) as [string, string, string, string];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const thread = await HeartbeatThread.start({
  connect: { url, name: node },
  kv: { bucket },
  identity: {
    node,
    incarnation: '00000000000000a1',
    protocol: { min: 1, max: 1 },
    version: '0',
    roles: ['worker'],
    labels: {},
  },
  times: { beatMs: 200, leaseMs: 1_000, hungMs: Number(hungMs) },
});
thread.lease.onChange(say);
thread.update({ state: 'up', load: 7 });
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ms] = line.split(' ');
  if (verb === 'stop') break;
  say('blocking');
  const end = performance.now() + Number(ms);
  while (performance.now() < end);
  say('unblocked');
}
await thread.stop();
say('ended');
process.exit(0);
