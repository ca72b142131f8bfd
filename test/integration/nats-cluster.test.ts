/** The fixture of a NATS cluster: copies, leaders, and what killed and stopped servers do to it. */
import { connectNats } from '../../transport/nats/connect-nats.ts';
import { assert, suite } from '../harness.ts';
import { startNatsCluster } from '../nats-cluster.ts';
import type { NatsCluster } from '../nats-cluster.ts';
import { NATS_MISSING } from '../nats-server.ts';

const test = suite('nats cluster', { limitMs: 90_000 });

if (NATS_MISSING) test.skip('three servers with copies of their streams', NATS_MISSING);
else declare();

function declare(): void {
  let cluster: NatsCluster;
  test.before(async () => void (cluster = await startNatsCluster({ isProxied: true })));
  test.after(() => cluster?.end());

  test('a bucket with three copies outlives the kill of its leader', async () => {
    const ports = await connectNats({ url: cluster.url, name: 'test', reconnectWaitMs: 50 });
    try {
      const kv = await ports.openKv({ bucket: 'copies', replicaCount: 3 });
      const revision = await kv.put('a', new Uint8Array([1]));
      const info = await ports.requests.send('$JS.API.STREAM.INFO.KV_copies', new Uint8Array(), {
        timeoutMs: 5_000,
      });
      const { config, cluster: group } = JSON.parse(new TextDecoder().decode(info.data)) as {
        config: { num_replicas: number };
        cluster: { replicas: unknown[] };
      };
      assert.is(config.num_replicas, 3);
      assert.is(group.replicas.length, 2);
      const leader = await cluster.leaderOf('KV_copies');
      await cluster.kill(leader);
      assert.is.not(await cluster.leaderOf('KV_copies', [leader]), leader);
      await cluster.restart(leader);
      await cluster.ready();
      await connected(ports.link);
      assert.is((await kv.get('a'))!.revision, revision);
    } finally {
      await ports.close();
    }
  });

  test('a stopped server says nothing until it runs on', async () => {
    await cluster.stop(0);
    const stopped = connectNats({ url: cluster.urls[0]!, name: 'test', connectTimeoutMs: 300 });
    let isRefused = false;
    await stopped.then(
      (ports) => ports.close(),
      () => (isRefused = true),
    );
    cluster.cont(0);
    assert.ok(isRefused);
    await (await connectNats({ url: cluster.urls[0]!, name: 'test' })).close();
    await cluster.ready();
  });

  test('clients know servers by their proxies alone', async () => {
    const ports = await connectNats({ url: cluster.urls[1]!, name: 'test', reconnectWaitMs: 50 });
    try {
      const back = new Promise<void>((done) => {
        ports.link.onEvent((event) => event === 'connected' && done());
      });
      const before = cluster.proxies.map((proxy) => proxy.connectionCount);
      cluster.proxies[1]!.cut();
      await back;
      const after = cluster.proxies.map((proxy) => proxy.connectionCount);
      assert.is(after[1], 0);
      assert.ok(after[0]! + after[2]! > before[0]! + before[2]!, 'the other way is through a proxy too');
    } finally {
      cluster.proxies[1]!.heal();
      await ports.close();
    }
  });
}

async function connected(link: {
  readonly isConnected: boolean;
  onEvent(listener: (event: string) => void): () => void;
}): Promise<void> {
  if (link.isConnected) return;
  await new Promise<void>((done) => {
    link.onEvent((event) => event === 'connected' && done());
  });
}
