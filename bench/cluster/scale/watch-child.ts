/** Watchers, each on a connection of its own; what they are told they take in as a node does. */
import { FailureDetector } from '../../../cluster/membership/failure-detector.ts';
import { MemberTable } from '../../../cluster/membership/member-table.ts';
import { MEMBERS_PREFIX } from '../../../contracts/cluster-names.ts';
import type { KvChange } from '../../../runtime/kernel/ports/kv.ts';
import { connectNats } from '../../../transport/nats/index.ts';
import { BUCKET } from './watch-job.ts';

const [url, count] = process.argv.slice(2);
let seen = 0;

for (let index = 0; index < Number(count); index += 1) {
  const ports = await connectNats({ url: url!, name: `bench-watcher-${index}`, reconnectWaitMs: 50 });
  const kv = await ports.openKv({ bucket: BUCKET });
  void follow(kv.watch(MEMBERS_PREFIX, new AbortController().signal));
}
process.on('message', () => process.send!(seen));
process.on('disconnect', () => process.exit(0));
process.send!(-1);

async function follow(changes: AsyncIterable<KvChange>): Promise<void> {
  const table = new MemberTable();
  const detector = new FailureDetector({ beatMs: 500, leaseMs: 2_000 });
  for await (const change of changes) {
    seen += 1;
    const result = table.apply(change);
    if (result?.kind !== undefined && result.kind !== 'gone')
      detector.seen(result.member.key, result.member.revision, performance.now());
  }
}
