/** Shards of decisions on one node: which of them it decides, whatever happens while it takes them over. */
import type { OrchestratorMessage } from '../../agents/platform/orchestrator/messages.ts';
import { loadSettings } from '../../config/loader.ts';
import type { DecisionId } from '../../contracts/messages/ids.ts';
import type { ClusterRun } from '../../runtime/host/cluster/cluster-run.ts';
import { DecisionShards } from '../../runtime/host/cluster/decision-shards.ts';
import { spawnStateless } from '../../runtime/kernel/index.ts';
import type { AnyRef } from '../../runtime/kernel/index.ts';
import { assert, suite } from '../harness.ts';
import { LeaseWorld, TIMES } from './leases/lease-world.ts';

const test = suite('shards of decisions');
const SHARD_COUNT = 4;

test('a lease that was suspended while shards were taken over is resumed with all of them', async () => {
  const world = new LeaseWorld(1);
  const node = world.add('a', { roles: ['platform', 'worker'] });
  const { system, claims, members, lease } = node;
  const platform = spawnStateless(system, () => {}, 'platform') as AnyRef;
  const orchestrator = (message: OrchestratorMessage): void => {
    if (message.type === 'take-over') message.replyTo.tell({ type: 'taken-over', openCount: 0 });
  };
  spawnStateless<OrchestratorMessage>(platform, orchestrator, 'orchestrator');
  let readLog = (): void => {};
  const logIsRead = new Promise<void>((resolve) => (readLog = resolve));
  const { settings } = loadSettings({ code: { cluster: { shardCount: SHARD_COUNT } } });
  const run = { claims, members, lease } as unknown as ClusterRun;
  const shards = new DecisionShards({
    cluster: {
      eachRun: (begin) => {
        begin(run);
        return () => {};
      },
    },
    settings,
    system,
    parent: spawnStateless(system, () => {}, 'cluster') as AnyRef,
    decides: true,
    caughtUp: () => logIsRead,
  });
  const owned = (): boolean => claims.list('shard.decision.').length === SHARD_COUNT;
  await world.until(owned, 5_000);
  node.cut(true);
  await world.advance(TIMES.leaseMs);
  assert.is(lease.state, 'suspended');
  readLog();
  await world.advance(50);
  assert.not.ok(shards.owns('d1' as DecisionId));
  node.cut(false);
  await world.until(() => lease.isHeld(), 5_000);
  assert.is(shards.count, SHARD_COUNT);
  assert.ok(shards.owns('d1' as DecisionId));
});
