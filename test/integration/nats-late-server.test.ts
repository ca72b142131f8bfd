/** A node whose NATS server is away at its start, comes, goes, and comes again. */
import { examineInstallation } from '../../index.ts';
import type { Finding, Host, SettingsInput } from '../../index.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { MemoryTelemetry } from '../../runtime/telemetry/memory-telemetry.ts';
import { assertFails } from '../conformance/fixture.ts';
import { jsonOf, RawNats } from '../doors/raw-nats.ts';
import { startHost } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';

/** A log that tells of each line. */
class ToldTelemetry extends MemoryTelemetry {
  #onLine: () => void = () => undefined;

  override log(...line: Parameters<MemoryTelemetry['log']>): void {
    super.log(...line);
    this.#onLine();
  }

  /** Resolves when a line of the NATS door has these words; `from`: lines before it do not count. */
  async said(words: string, from = 0): Promise<string> {
    for (;;) {
      const line = this.lines
        .slice(from)
        .find(({ scope, message }) => scope === '/nats' && message === words);
      if (line) return `${line.level} ${String(line.fields['code'] ?? '')}`;
      await new Promise<void>((resolve) => (this.#onLine = resolve));
    }
  }
}

const AWAY = 'the door is not open: the node goes on without it and tries again';

if (NATS_MISSING) suite('nats late server').skip('a server that comes later', NATS_MISSING);
else declare();

function declare(): void {
  const test = suite('nats late server', { limitMs: 180_000 });

  async function nodeAt(url: string, nats: SettingsInput['nats'] = {}) {
    const telemetry = new ToldTelemetry(new SystemClock());
    const settings = { http: { port: 0 }, nats: { url, ...nats } };
    return { telemetry, host: await startHost({ http: true, telemetry, settings }) };
  }

  async function ready(host: Host): Promise<unknown[]> {
    const answer = await fetch(`${host.address!.url}/ready`);
    const { status, checks } = (await answer.json()) as {
      status: string;
      checks: { name: string; ok: boolean }[];
    };
    return [answer.status, status, checks.find(({ name }) => name === 'nats')?.ok];
  }

  test('the node starts and says so, serves when the server appears, and after it went and came', async () => {
    const server = await startNats();
    await server.kill();
    const { telemetry, host } = await nodeAt(server.url);
    try {
      assert.is(await telemetry.said(AWAY), 'warn unavailable');
      assert.equal(await ready(host), [200, 'degraded', false]);
      assert.is(host.status, 'ready');
      assert.match(await host.inspect.metrics(), /^witan_nats_connected 0$/m);
      await server.restart();
      await telemetry.said('the server is there; the door is open');
      assert.equal(await ready(host), [200, 'ready', true]);
      assert.is(await overNats(server.port), 'ready');
      assert.match(await host.inspect.metrics(), /^witan_nats_connected 1$/m);

      await server.kill();
      await telemetry.said('the link is disconnected');
      assert.equal(await ready(host), [200, 'degraded', false]);
      const from = telemetry.lines.length;
      await server.restart();
      await telemetry.said('the link is connected', from);
      assert.equal(await ready(host), [200, 'ready', true]);
      assert.is(await overNats(server.port), 'ready');
    } finally {
      await host.stop();
      await server.end();
    }
    assert.is(host.status, 'stopped');
  });

  async function overNats(port: number): Promise<string> {
    const client = await RawNats.connect(port);
    const { status } = jsonOf<{ status: string }>(await client.request('witan.v1.health.read'));
    client.close();
    return status;
  }

  test('events that are to be kept begin with the server', async () => {
    const server = await startNats();
    await server.kill();
    const { telemetry, host } = await nodeAt(server.url, { eventTenants: ['acme'], eventMaxAgeMs: 60_000 });
    try {
      await server.restart();
      await telemetry.said('the server is there; the door is open');
      assert.is(await overNats(server.port), 'ready');
    } finally {
      await host.stop();
      await server.end();
    }
  });

  test('a server that refuses the node’s credentials fails the start: no waiting mends it', async () => {
    const server = await startNats({ config: 'authorization { user: "a", password: "b" }' });
    await assertFails(() => nodeAt(server.url), 'unauthenticated');
    await server.end();
  });

  test('doctor tells of a server that is away, of one that answers, and of one that refuses', async () => {
    const server = await startNats({ config: 'authorization { user: "a", password: "b" }' });
    const withUser = server.url.replace('//', '//a:b@');
    const found = async (url: string): Promise<[string, string]> => {
      const host = await startHost({ settings: { nats: { url } } });
      const findings = await examineInstallation({ settings: host.settings, dataDir: server.folder });
      await host.stop();
      const { level, detail } = findings.find(({ subject }: Finding) => subject === 'NATS')!;
      return [level, detail];
    };
    const [level, detail] = await found(withUser);
    assert.is(level, 'ok');
    assert.match(detail, /^server \d+\.\d+\.\d+ with JetStream answers$/);
    assert.is((await found(server.url))[0], 'wrong');
    await server.kill();
    assert.equal(await found(withUser), ['limited', 'unavailable: the NATS server cannot be reached']);
    await server.end();
  });
}
