/** The NATS door and its published events when the server dies and comes back. */
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import { publishEvents } from '../../transport/nats/index.ts';
import type { EventPublisher } from '../../transport/nats/index.ts';
import { KNOWN, withDoor } from '../doors/nats-fixtures.ts';
import type { DoorFixture } from '../doors/nats-fixtures.ts';
import { jsonOf, RawNats } from '../doors/raw-nats.ts';
import { ballotEvents, openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { assertFails } from '../conformance/fixture.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING } from '../nats-server.ts';

const ID = scriptedId(1);

if (NATS_MISSING) suite('nats door faults').skip('a server that dies', NATS_MISSING);
else declare();

function declare(): void {
  const test = suite('nats door faults', { limitMs: 30_000 });
  const check = (title: string, body: (fixture: DoorFixture) => Promise<void>): void =>
    test(title, () => withDoor(body));
  const told = ({ door }: DoorFixture, event: string): Promise<void> =>
    new Promise((resolve) => door.ports.link.onEvent((each) => void (each === event && resolve())));

  check(
    'killed in the middle of requests and streams: all is released, then served again',
    async (fixture) => {
      const { server, client, backend, gate, door } = fixture;
      const decided: (() => void)[] = [];
      backend.decide = (decisionId) =>
        new Promise((resolve) => decided.push(() => resolve(scriptedVerdict(decisionId))));
      backend.publish(ID, ...openingEvents());
      const inbox = client.newInbox();
      const stream = client.subscribe(inbox);
      client.publish('witan.v1.decision.follow', { decisionId: ID }, { headers: KNOWN, replyTo: inbox });
      await stream.next();
      for (let n = 0; n < 10; n++) {
        client.publish(
          'witan.v1.decision.evaluate',
          { type: 'chat', text: 'x' },
          { headers: KNOWN, replyTo: inbox },
        );
      }
      await client.request('witan.v1.health.read');
      assert.equal({ ...door.load }, { requests: 10, streams: 1 });
      const lost = told(fixture, 'disconnected');
      await server.kill();
      await lost;
      assert.is(door.load.streams, 0);
      assert.is(gate.openCount, 10);
      for (const decide of decided) decide();
      while (door.load.requests > 0) await new Promise((done) => setImmediate(done));
      assert.is(gate.openCount, 0);
      const back = told(fixture, 'connected');
      await server.restart();
      await back;
      const again = await RawNats.connect(server.port);
      backend.decide = async (decisionId) => scriptedVerdict(decisionId);
      const answer = await again.request(
        'witan.v1.decision.evaluate',
        { type: 'chat', text: 'x' },
        { headers: KNOWN },
      );
      assert.is(answer.headers['nats-service-error'], undefined);
      const ping = jsonOf<{ id: string }>(await again.request('$SRV.PING.witan'));
      assert.is(ping.id, door.id);
      again.close();
    },
  );

  const subjects = (events: DecisionEvent[]): string[] =>
    events.map((event) => `witan.acme.decision.${event.decisionId}.${event.type} ${event.sequence}`);

  /** Reads a kept stream of events from its first message on. */
  async function kept({ door }: DoorFixture, count: number): Promise<string[]> {
    const seen: string[] = [];
    for (let sequence = 1; seen.length < count; sequence++) {
      const body = new TextEncoder().encode(JSON.stringify({ seq: sequence }));
      const answer = await door.ports.requests.send('$JS.API.STREAM.MSG.GET.WITAN_EVENTS_acme', body, {
        timeoutMs: 5_000,
      });
      const { message } = JSON.parse(new TextDecoder().decode(answer.data)) as {
        message: { subject: string; data: string };
      };
      const event = JSON.parse(Buffer.from(message.data, 'base64').toString()) as DecisionEvent;
      seen.push(`${message.subject} ${event.sequence}`);
    }
    return seen;
  }

  check('kept events survive an outage: each once, in order', async (fixture) => {
    const { server, backend, door } = fixture;
    const retention = { maxAgeMs: 60_000, maxBytes: 10_000_000 };
    const lostEvents: number[] = [];
    const options = { ports: door.ports, backend, tenants: ['acme'], retention };
    const publisher: EventPublisher = await publishEvents({
      ...options,
      onLost: (_tenant, count) => lostEvents.push(count),
    });
    const published = backend.publish(ID, ...openingEvents());
    assert.equal(await keptWhen(4), subjects(published));
    const lost = told(fixture, 'disconnected');
    await server.kill();
    await lost;
    for (let n = 1; n <= 12; n++) published.push(...backend.publish(ID, ...ballotEvents(ID, n)));
    await server.restart();
    assert.equal(await keptWhen(published.length), subjects(published));
    assert.equal(lostEvents, []);
    await publisher.close(1_000);
    backend.publish(ID, { type: 'final', verdict: scriptedVerdict(ID) });

    /** Asks again until the server has so many. */
    async function keptWhen(count: number): Promise<string[]> {
      for (;;) {
        const info = await door.ports.jetStream.streamInfo('WITAN_EVENTS_acme').catch(() => undefined);
        if (info?.state.messages === count) return kept(fixture, count);
        await new Promise((done) => setImmediate(done));
      }
    }
  });

  check('events that are not kept go to those who listen, of named tenants alone', async (fixture) => {
    const { client, backend, door } = fixture;
    const followed: string[] = [];
    const real = backend.followAll;
    backend.followAll = (principal, subscriber) => {
      followed.push(`${principal.tenant} ${principal.scopes.join()}`);
      return real(principal, subscriber);
    };
    const publisher = await publishEvents({ ports: door.ports, backend, tenants: ['acme'] });
    assert.equal(followed, ['acme decision:read']);
    const listening = client.subscribe('witan.*.decision.*.*');
    await client.flush();
    const published = backend.publish(ID, ...openingEvents());
    for (const line of subjects(published)) {
      const message = await listening.next();
      assert.is(`${message.subject} ${message.headers['witan-sequence']}`, line);
      assert.is(message.headers['nats-msg-id'], `${ID}:${message.headers['witan-sequence']}`);
    }
    await publisher.close(0);
    await assertFails(() => door.ports.jetStream.streamInfo('WITAN_EVENTS_acme'), 'not_found');
  });
}
