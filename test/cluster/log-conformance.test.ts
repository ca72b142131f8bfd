/** The ledger's conformance suite on a replicated log: on its writer, on a follower, on a node without a copy. */
import { openDistantLog, openReplicatedLog } from '../../cluster/log/open-replicated-log.ts';
import { LEDGER_CLAIM } from '../../cluster/log/log-keeper.ts';
import type { Claims } from '../../cluster/claims/claims.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { SeededRandom } from '../../runtime/kernel/sim/seeded-random.ts';
import { MemoryKeys } from '../../runtime/store/keys/memory-keys.ts';
import { MemoryBus } from '../../runtime/store/memory/memory-bus.ts';
import { MemoryKv } from '../../runtime/store/memory/memory-kv.ts';
import { MemoryDisk } from '../../runtime/store/segment/memory-disk.ts';
import { openSegmentReplica } from '../../runtime/store/segment/replica/segment-replica.ts';
import { ledgerConformance, type LedgerFixture } from '../conformance/ledger.ts';

const clock = new SystemClock();
const logId = 'witan.example/test';
const NODES = ['a', 'b', 'c'];

/** Claims of which the first node holds the log's, from the beginning and for ever. */
function claimsOf(node: string): Claims {
  const isWriter = node === NODES[0];
  const generation = 1;
  const claim = {
    name: LEDGER_CLAIM,
    holder: isWriter ? undefined : { node: 'a', incarnation: '0'.repeat(16) },
    generation,
  };
  return {
    get: () => claim,
    list: () => [claim],
    take: async (name) =>
      isWriter
        ? { name, generation, fence: { generation, isHeld: () => true }, release: async () => {} }
        : undefined,
    onChange: () => () => {},
  };
}

async function fixture(which: 'writer' | 'follower' | 'distant'): Promise<LedgerFixture> {
  const bus = new MemoryBus({ clock });
  const kv = new MemoryKv();
  const keys = new MemoryKeys({ clock, seed: 'conformance' });
  const random = new SeededRandom(1);
  const access = {
    bus,
    kv,
    clock,
    random,
    cluster: 'test',
    log: 'main',
    times: { beatMs: 20, rejoinAfterMs: 0 },
  };
  const logs = await Promise.all(
    NODES.map(async (node) => {
      const replica = await openSegmentReplica({
        folder: '/log',
        logId,
        clock,
        keys,
        segmentBytes: 65_536,
        fs: new MemoryDisk(),
      });
      const claims = claimsOf(node);
      return openReplicatedLog({ ...access, node, replica, claims: () => claims, peers: () => NODES });
    }),
  );
  while ((logs[0]!.cell()?.cell.inSync.length ?? 0) < NODES.length || logs[0]!.writing() === undefined)
    await new Promise<void>((resolve) => clock.setTimer(5, resolve));
  const distant = await openDistantLog({ ...access, node: 'd', logId });
  const port = { writer: logs[0]!, follower: logs[1]!, distant }[which].ledger;
  const end = async (): Promise<void> => {
    await port.close();
    for (const log of [...logs.slice(1), distant, logs[0]!]) await log.close();
    await kv.close();
    await bus.close();
  };
  const logKey = (): { logId: string; publicKey: Uint8Array } => ({
    logId,
    publicKey: keys.active('checkpoint').publicKey,
  });
  return { port, logKey, pass: () => Promise.resolve(), end };
}

ledgerConformance('replicated, on the writer', () => fixture('writer'));
ledgerConformance('replicated, on a follower', () => fixture('follower'));
ledgerConformance('replicated, on a node without a copy', () => fixture('distant'));
