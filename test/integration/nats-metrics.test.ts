/** What a node counts of its NATS door: requests, errors and time, under the names of the other doors. */
import { RawNats } from '../doors/raw-nats.ts';
import { madeKey } from '../doors/started-node.ts';
import { startHost } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING, startNats } from '../nats-server.ts';

if (NATS_MISSING) suite('nats metrics').skip('answers over NATS are counted', NATS_MISSING);
else declare();

function declare(): void {
  const test = suite('nats metrics', { limitMs: 180_000 });

  test('answers are counted by subject and status, and timed by operation', async () => {
    const server = await startNats();
    await using host = await startHost({
      http: true,
      settings: { http: { port: 0 }, nats: { url: server.url } },
    });
    const key = { 'Witan-Api-Key': await madeKey(host.address!.url, ['reader']) };
    const client = await RawNats.connect(server.port);
    const ask = (operation: string, body: object, headers = {}): Promise<unknown> =>
      client.request(`witan.v1.${operation}`, body, { headers });
    const valueOf = async (series: string): Promise<number | undefined> => {
      const text = await host.inspect.metrics();
      const line = text.split('\n').find((each) => each.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    };
    const answers = (operation: string, status: number): Promise<number | undefined> =>
      valueOf(`api_requests_total{endpoint="witan.v1.${operation}",method="NATS",status="${status}"}`);
    const timed = 'witan_request_seconds_count{operation="decision.list"}';

    assert.is(await answers('decision.list', 200), undefined);
    await ask('decision.list', {}, key);
    await ask('decision.list', {}, key);
    assert.equal([await answers('decision.list', 200), await valueOf(timed)], [2, 2]);
    await ask('decision.list', {});
    assert.is(await answers('decision.list', 401), 1);
    assert.is(await valueOf('witan_gate_denials_total{code="unauthenticated"}'), 1);
    await ask('decision.read', { decisionId: `d${'0'.repeat(32)}` }, key);
    await ask('decision.read', { decisionId: 'x' }, key);
    assert.equal([await answers('decision.read', 404), await answers('decision.read', 400)], [1, 1]);
    const inbox = client.newInbox();
    const stream = client.subscribe(inbox);
    client.publish('witan.v1.decision.follow-all', {}, { headers: key, replyTo: inbox });
    await stream.next();
    await ask('health.read', {});
    assert.is(await answers('decision.follow-all', 200), 1);
    assert.is(await valueOf('witan_open_streams{operation="decision.follow-all"}'), 1);
    assert.is(await valueOf('witan_nats_connected'), 1);
    client.close();
    await host.stop();
    await server.end();
  });
}
