/** Streams at the NATS door: order, resume, credit, snapshots for the slow, ends that are told, agents. */
import { WitanError } from '../../contracts/errors.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import type { OutsideAgentStream } from '../../runtime/kernel/ports/decision/outside-agents.ts';
import type { TreeEvent } from '../../runtime/kernel/inspection-info.ts';
import type { NatsDoorOptions } from '../../transport/nats/door/nats-door.ts';
import { KNOWN, openDoorFixture } from '../doors/nats-fixtures.ts';
import type { DoorFixture } from '../doors/nats-fixtures.ts';
import { jsonOf } from '../doors/raw-nats.ts';
import type { RawMessage, RawNats, RawSubscription } from '../doors/raw-nats.ts';
import { ballotEvents, openingEvents, scriptedId, scriptedVerdict } from '../doors/scripted-council.ts';
import { assert, suite } from '../harness.ts';
import { NATS_MISSING } from '../nats-server.ts';

const ID = scriptedId(1);

/** A stream as a client holds it. */
interface Client {
  readonly inbox: RawSubscription;
  readonly control: string;
  readonly opened: { streamId: string; heartbeatMs: number; idleMs: number; credit: number };
  /** Next message that is no heartbeat; the numbering is checked. */
  next(): Promise<RawMessage>;
}

const frameOf = ({ headers }: RawMessage): string => headers['witan-frame'] ?? '';

async function open(raw: RawNats, operation: string, body: object): Promise<Client> {
  const subject = raw.newInbox();
  const inbox = raw.subscribe(subject);
  raw.publish(`witan.v1.${operation}`, body, { headers: KNOWN, replyTo: subject });
  let count = 0;
  const next = async (): Promise<RawMessage> => {
    for (;;) {
      const message = await inbox.next();
      assert.is(Number(message.headers['witan-frame-sequence']), (count += 1), 'no message is missing');
      if (frameOf(message) !== 'heartbeat') return message;
    }
  };
  const first = await next();
  assert.is(frameOf(first), 'open');
  return { inbox, control: first.replyTo!, opened: jsonOf(first), next };
}

if (NATS_MISSING) suite('nats streams').skip('streams over a real server', NATS_MISSING);
else declare();

function declare(): void {
  const test = suite('nats streams', { limitMs: 20_000 });
  const check = (
    title: string,
    body: (fixture: DoorFixture) => Promise<void>,
    options: Partial<NatsDoorOptions> = {},
  ): void =>
    test(title, async () => {
      const fixture = await openDoorFixture(options);
      try {
        await body(fixture);
        assert.equal(fixture.defects, []);
      } finally {
        await fixture.end();
      }
    });
  const limits = { heartbeatMs: 50, idleMs: 60_000, maxQueuedCount: 4, maxQueuedBytes: 1_000_000 };
  /** Resolves when the door has served everything that the client sent before. */
  const settled = async ({ client }: DoorFixture): Promise<void> =>
    void (await client.request('witan.v1.health.read'));

  check('a decision is followed from a sequence to its end', async ({ client, backend, gate }) => {
    backend.publish(ID, ...openingEvents());
    const stream = await open(client, 'decision.follow', { decisionId: ID, afterSequence: 2 });
    assert.match(stream.control, /^witan\.v1\.stream\.[0-9a-f]{32}\.[0-9a-f]{32}$/);
    backend.publish(ID, ...ballotEvents(ID, 1), { type: 'final', verdict: scriptedVerdict(ID) });
    backend.events.close();
    const seen: [number, string][] = [];
    for (;;) {
      const message = await stream.next();
      if (frameOf(message) === 'end') break;
      const event = jsonOf<DecisionEvent>(message);
      assert.is(message.headers['witan-sequence'], String(event.sequence));
      seen.push([event.sequence, event.type]);
    }
    const types = ['step', 'round-opened', 'ballot', 'tally', 'final'];
    assert.equal(
      seen,
      types.map((type, at) => [at + 3, type]),
    );
    await client.request('witan.v1.health.read');
    assert.is(gate.openCount, 0);
  });

  check('a decision that nobody knows ends with the error', async ({ client, door }) => {
    const stream = await open(client, 'decision.follow', { decisionId: ID });
    const end = await stream.next();
    assert.is(frameOf(end), 'end');
    assert.is(end.headers['nats-service-error'], 'not_found');
    assert.is(end.headers['nats-service-error-code'], '404');
    assert.is(door.load.streams, 0);
  });

  check('a stranger and a malformed request get an error and no stream', async ({ client, door }) => {
    const stranger = await client.request('witan.v1.decision.follow', { decisionId: ID });
    assert.is(stranger.headers['nats-service-error'], 'unauthenticated');
    const malformed = await client.request(
      'witan.v1.decision.follow',
      { decisionId: 'x' },
      { headers: KNOWN },
    );
    assert.is(malformed.headers['nats-service-error'], 'invalid_argument');
    assert.is(door.load.streams, 0);
  });

  check('no more is sent than the client gave credit for', async (fixture) => {
    const { client, backend } = fixture;
    backend.publish(ID, ...openingEvents());
    const stream = await open(client, 'decision.follow', { decisionId: ID, credit: 2 });
    await stream.next();
    await stream.next();
    await settled(fixture);
    assert.equal(
      stream.inbox.waiting.filter((one) => frameOf(one) !== 'heartbeat'),
      [],
    );
    client.publish(stream.control, { type: 'credit', count: 1 });
    assert.is(jsonOf<DecisionEvent>(await stream.next()).sequence, 3);
    client.publish(stream.control, { type: 'credit', count: 1 });
    assert.is(jsonOf<DecisionEvent>(await stream.next()).sequence, 4);
  });

  check(
    'a slow client costs a bounded backlog and gets a gap, a snapshot and what comes after',
    async (fixture) => {
      const { client, backend } = fixture;
      const follower: { onEvent?: (event: DecisionEvent) => unknown } = {};
      // A source that pays no heed to "busy", which is the worst that can be behind the door.
      let followCount = 0;
      backend.follow = async (_id, { afterSequence, follower: given }) => {
        followCount += 1;
        follower.onEvent = (event) => event.sequence > afterSequence && given.onEvent(event);
        return () => delete follower.onEvent;
      };
      backend.readDecision = async () => ({ decisionId: ID, state: 'open' }) as never;
      const stream = await open(client, 'decision.follow', { decisionId: ID, credit: 1 });
      const event = (sequence: number): DecisionEvent =>
        ({ type: 'late-ballot', seat: 'guardian', round: 1, sequence, decisionId: ID, atWallMs: 1 }) as never;
      await settled(fixture);
      for (let sequence = 1; sequence <= 50; sequence++) void follower.onEvent!(event(sequence));
      assert.is(jsonOf<DecisionEvent>(await stream.next()).sequence, 1);
      client.publish(stream.control, { type: 'credit', count: 10 });
      const gap = await stream.next();
      assert.is(frameOf(gap), 'gap');
      assert.equal(jsonOf(gap), { droppedCount: 49, resumeAfter: 50 });
      const snapshot = await stream.next();
      assert.is(frameOf(snapshot), 'snapshot');
      assert.equal(jsonOf(snapshot), { decisionId: ID, state: 'open' });
      await settled(fixture);
      assert.is(followCount, 2);
      void follower.onEvent!(event(50));
      void follower.onEvent!(event(51));
      assert.is(jsonOf<DecisionEvent>(await stream.next()).sequence, 51);
    },
    { streamLimits: limits },
  );

  check(
    'a snapshot gets through although the decision ended meanwhile',
    async (fixture) => {
      const { client, backend } = fixture;
      backend.publish(ID, ...openingEvents());
      backend.readDecision = async () => ({ decisionId: ID, state: 'final' }) as never;
      let given: { onGap(after: number): void; onEnd(): void } | undefined;
      const real = backend.follow;
      backend.follow = async (id, options) => {
        given ??= options.follower;
        return real(id, options);
      };
      const stream = await open(client, 'decision.follow', { decisionId: ID, credit: 1 });
      await stream.next();
      given!.onGap(4);
      given!.onEnd();
      client.publish(stream.control, { type: 'credit', count: 5 });
      assert.equal([frameOf(await stream.next()), frameOf(await stream.next())], ['gap', 'snapshot']);
      assert.is(frameOf(await stream.next()), 'end');
    },
    { streamLimits: limits },
  );

  check(
    'a client that says nothing is let go, and is told',
    async ({ client, backend, door, gate }) => {
      backend.publish(ID, ...openingEvents());
      const stream = await open(client, 'decision.follow', { decisionId: ID });
      assert.is(door.load.streams, 1);
      for (let n = 0; n < 4; n++) await stream.next();
      const end = await stream.next();
      assert.is(end.headers['nats-service-error'], 'deadline_exceeded');
      assert.is(door.load.streams, 0);
      assert.is(gate.openCount, 0);
    },
    { streamLimits: { ...limits, idleMs: 200 } },
  );

  check(
    'signs of life keep a quiet stream; heartbeats come',
    async ({ client, backend }) => {
      backend.publish(ID, ...openingEvents());
      const stream = await open(client, 'decision.follow', { decisionId: ID, credit: 4 });
      for (let n = 0; n < 4; n++) await stream.next();
      for (let n = 0; n < 6; n++) {
        assert.is(frameOf(await stream.inbox.next()), 'heartbeat');
        client.publish(stream.control, { type: 'alive' });
      }
    },
    { streamLimits: { ...limits, idleMs: 150 } },
  );

  check(
    'a client whose connection is gone is noticed at the next message',
    async (fixture) => {
      const { client, backend, door, gate, server } = fixture;
      const { RawNats } = await import('../doors/raw-nats.ts');
      const other = await RawNats.connect(server.port);
      backend.publish(ID, ...openingEvents());
      await open(other, 'decision.follow', { decisionId: ID });
      assert.is(door.load.streams, 1);
      other.close();
      // Heartbeats of 50 ms ask the server each time; the idle time of a minute is not what ends it.
      while (door.load.streams > 0) await client.request('witan.v1.health.read');
      assert.is(gate.openCount, 0);
    },
    { streamLimits: limits },
  );

  check(
    'cancel ends a stream; other streams and strangers are not touched',
    async ({ client, backend, door }) => {
      backend.publish(ID, ...openingEvents());
      const first = await open(client, 'decision.follow', { decisionId: ID });
      const second = await open(client, 'decision.follow-all', {});
      client.publish(
        first.control.replace(/.$/, (hex) => (hex === '0' ? '1' : '0')),
        { type: 'cancel' },
      );
      const wrong = await client.request(first.control, { type: 'ballot', ballot: {} });
      assert.is(wrong.headers['nats-service-error'], 'invalid_argument');
      assert.is(door.load.streams, 2);
      client.publish(first.control, { type: 'cancel' });
      for (let n = 0; n < 4; n++) await first.next();
      assert.is(frameOf(await first.next()), 'end');
      assert.is(door.load.streams, 1);
      backend.publish(scriptedId(2), ...openingEvents());
      assert.is(jsonOf<DecisionEvent>(await second.next()).decisionId, scriptedId(2));
    },
  );

  check(
    'past the number of streams the next is overloaded',
    async ({ client, backend }) => {
      backend.publish(ID, ...openingEvents());
      await open(client, 'decision.follow-all', {});
      const refused = await client.request('witan.v1.decision.follow-all', {}, { headers: KNOWN });
      assert.is(refused.headers['nats-service-error'], 'overloaded');
    },
    { maxStreams: 1 },
  );

  check(
    'the tree is watched; one who was too slow gets it whole',
    async (fixture) => {
      const { client, backend } = fixture;
      let tell: (event: TreeEvent) => void = () => undefined;
      backend.watchTree = (_principal, onEvent) => ((tell = onEvent), () => undefined);
      backend.tree = async () => [{ path: '/council' } as never];
      const stream = await open(client, 'actor.watch', { credit: 1 });
      await settled(fixture);
      for (let n = 0; n < 20; n++) tell({ kind: 'spawned', path: `/a/${n}` });
      assert.equal(jsonOf(await stream.next()), { kind: 'spawned', path: '/a/0' });
      client.publish(stream.control, { type: 'credit', count: 100 });
      assert.is(frameOf(await stream.next()), 'gap');
      assert.equal(jsonOf(await stream.next()), { items: [{ path: '/council' }] });
      tell({ kind: 'spawned', path: '/b' });
      assert.equal(jsonOf(await stream.next()), { kind: 'spawned', path: '/b' });
    },
    { streamLimits: limits },
  );

  check(
    'an outside agent registers, gets work, casts and declines; its end is its absence',
    async (fixture) => {
      const { client, backend, gate } = fixture;
      const told: string[] = [];
      let agent: OutsideAgentStream | undefined;
      (backend as { outsideAgents: unknown }).outsideAgents = {
        register: async (
          card: { agentId: string },
          principal: { tenant: string },
          stream: OutsideAgentStream,
        ) => {
          told.push(`register ${card.agentId} of ${principal.tenant}`);
          agent = stream;
          return {
            cast: async (ballot: { body: { seat: string } }) => {
              if (ballot.body.seat === 'truth') throw new WitanError('bad_signature', 'not its key');
              told.push(`cast ${ballot.body.seat}`);
            },
            decline: (id: string, detail: string) => void told.push(`decline ${id} ${detail}`),
            close: () => void told.push('close'),
          };
        },
      };
      const card = {
        agentId: 'acme-reviewer',
        title: 'A',
        mandate: 'M',
        publicKey: 'ab'.repeat(32),
        decisionTypes: [],
      };
      const stream = await open(client, 'agent.serve', { agent: card, credit: 1 });
      await settled(fixture);
      const work = { decision: { decisionId: ID }, round: 1 } as never;
      assert.is(agent!.onWork(work), true);
      const first = await stream.next();
      assert.is(frameOf(first), 'work');
      assert.is(jsonOf<{ round: number }>(first).round, 1);
      for (let n = 0; n < 4; n++) assert.is(agent!.onWork(work), true);
      assert.is(agent!.onWork(work), false, 'a full stream takes no work');
      const ballotOf = (index: number): object =>
        ballotEvents(ID, index).flatMap((event) => (event.type === 'ballot' ? [event.ballot] : []))[0]!;
      const taken = await client.request(stream.control, { type: 'ballot', ballot: ballotOf(1) });
      assert.equal([jsonOf(taken), taken.headers['nats-service-error']], [{}, undefined]);
      const refused = await client.request(stream.control, { type: 'ballot', ballot: ballotOf(2) });
      assert.is(refused.headers['nats-service-error'], 'bad_signature');
      const malformed = await client.request(stream.control, { type: 'ballot', ballot: {} });
      assert.is(malformed.headers['nats-service-error'], 'invalid_argument');
      await client.request(stream.control, { type: 'decline', decisionId: ID, detail: 'not mine' });
      client.publish(stream.control, { type: 'cancel' });
      assert.is(frameOf(await stream.next()), 'end');
      const expected = ['register acme-reviewer of acme', 'cast guardian', `decline ${ID} not mine`, 'close'];
      assert.equal(told, expected);
      assert.is(gate.openCount, 0);
    },
    { streamLimits: limits },
  );

  check('when the door closes, streams are told', async ({ client, backend, door }) => {
    backend.publish(ID, ...openingEvents());
    const stream = await open(client, 'decision.follow', { decisionId: ID });
    await door.close(0);
    for (let n = 0; n < 4; n++) await stream.next();
    assert.is((await stream.next()).headers['nats-service-error'], 'unavailable');
  });
}
