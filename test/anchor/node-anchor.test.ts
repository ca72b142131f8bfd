/** A node with a dev chain: its log is anchored, doors tell how, receipts check offline, a restart goes on. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { NETWORKS } from '../../contracts/chain/addresses.ts';
import { verifyAnchorReceipt } from '../../contracts/chain/verify-anchor.ts';
import { AnchorReceipt, AnchorStatus } from '../../contracts/messages/anchor.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { sha256 } from '../../runtime/kernel/crypto/digest.ts';
import { CHAIN_MISSING, temporaryFolder } from '../chain/dev-node.ts';
import { assert, suite } from '../harness.ts';
import { keccak } from './scripted-chain.ts';

const test = suite('node that anchors', { limitMs: 180_000 });

async function ask(host: Host, path: string, method = 'GET'): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${host.address!.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' && { body: '{}' }),
  });
  return { status: response.status, body: await response.json() };
}

/** Asks until the status fits; the test's own time limit ends a wait in vain. */
async function until(
  host: Host,
  fits: (status: AnchorStatus) => boolean,
  signal: AbortSignal,
): Promise<AnchorStatus> {
  for (;;) {
    signal.throwIfAborted();
    const { body } = await ask(host, '/api/v1/anchor/status');
    const status = AnchorStatus.parse(body);
    if (fits(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const request = (key: string): object => ({
  type: 'chat',
  messages: [{ role: 'user', content: `What is the capital of France? (${key})` }],
});

test('a node without a chain says that it does not anchor', async () => {
  await using host = await createHost({ dataDir: null, settings: { http: { port: 0 } } });
  await host.start();
  const { status, body } = await ask(host, '/api/v1/anchor/status');
  assert.is(status, 501);
  assert.is((body as { error: { code: string } }).error.code, 'not_supported');
});

test('a chain that is away keeps no node from starting, and its status says why', async ({ signal }) => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const { AuditAnchor } = NETWORKS[31_337]!.contracts;
  const chain = {
    name: 'away',
    url: `http://127.0.0.1:${port}/provider-key`,
    chainId: 1,
    contract: AuditAnchor,
    keyFile: '/nowhere/key.json',
    pollMs: 100,
  };
  await using host = await createHost({
    dataDir: null,
    settings: { http: { port: 0 }, anchor: { chains: [chain], requestMs: 200 } },
  });
  await host.start();
  const status = await until(host, ({ chains }) => chains[0]?.lastError !== null, signal);
  assert.is(status.chains[0]!.lastError!.code, 'storage_failed');
  assert.is((await ask(host, '/api/v1/anchor/receipts/0')).status, 404);
  silent.closeAllConnections();
  silent.close();
});

if (CHAIN_MISSING) test.skip('with a dev chain', CHAIN_MISSING);
else {
  test('decisions are anchored on request; a receipt checks offline; the next start goes on', async ({
    signal,
  }) => {
    const dataDir = join(temporaryFolder(), 'node');
    mkdirSync(dataDir);
    const config = {
      dataDir,
      settings: { http: { port: 0 }, chain: { dev: true }, anchor: { batchMaxAgeMs: 3_600_000 } },
    } as const;
    const first = await createHost(config);
    await first.start();
    const verdict = await first.submit(request('one'));
    await ask(first, '/api/v1/anchor/now', 'POST');
    const anchored = await until(first, ({ chains }) => (chains[0]?.logs[0]?.anchoredSize ?? 0) >= 2, signal);
    const [chain] = anchored.chains;
    assert.is(chain!.lastError, null);
    assert.ok(BigInt(chain!.spentTodayWei) > 0n);
    const { status, body } = await ask(first, `/api/v1/anchor/receipts/${verdict.body.decisionId}`);
    assert.is(status, 200, JSON.stringify(body));
    const receipt = AnchorReceipt.parse(body);
    const pins = { chainId: 31_337, contract: chain!.contract, origin: first.pinnedKey().logId };
    assert.is(verifyAnchorReceipt(receipt, pins, { keccak256: keccak, sha256 }).mismatch, null);
    const view = await first.readDecision(verdict.body.decisionId);
    assert.is(view.record.state, 'included');
    const metrics = await first.inspect.metrics();
    assert.match(metrics, /witan_anchor_size_entries\{chain="dev"\} [1-9]/);
    await first.stop();

    await using second = await createHost(config);
    await second.start();
    const again = await until(second, ({ chains }) => chains[0]?.chainId === 31_337, signal);
    assert.is(again.chains[0]!.logs[0]!.anchoredSize, chain!.logs[0]!.anchoredSize);
    await second.submit(request('two'));
    await ask(second, '/api/v1/anchor/now', 'POST');
    const before = chain!.logs[0]!.anchoredSize;
    const later = await until(
      second,
      ({ chains }) => (chains[0]?.logs[0]?.anchoredSize ?? 0) > before,
      signal,
    );
    assert.is(later.chains[0]!.transactions.length, 2);
    assert.is((await ask(second, '/api/v1/anchor/receipts/999999')).status, 404);
  });
}
