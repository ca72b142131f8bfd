/** Rounds are sealed from callers who may vote: over a whole node, gRPC Watch and a seat that takes its time. */
import { Agents } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import type { ServeResponse } from '../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import { Council } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { WatchResponse } from '../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { Host } from '../../index.ts';
import { GrpcTestClient, reading } from '../doors/grpc-client.ts';
import { madeKey } from '../doors/started-node.ts';
import { BENIGN, Gate, gatedSeat, startHost } from '../host/fixtures.ts';
import { assert, suite } from '../harness.ts';
import { PATIENT } from './fault-fixtures.ts';

const test = suite('grpc sealed round', { limitMs: 60_000 });

const CARD = {
  agentId: 'partner',
  title: 'Partner',
  mandate: 'Looks on.',
  publicKey: 'ab'.repeat(32),
  decisionTypes: [],
};
const TELLING = ['ballot', 'tally', 'advisoryBallot'];

/** A caller with an API key of its own, on a connection of its own. */
class Caller {
  readonly client: GrpcTestClient;
  readonly #metadata: Record<string, string>;

  constructor(host: Host, apiKey: string) {
    this.client = new GrpcTestClient(host.grpcAddress!.target);
    this.#metadata = { 'x-api-key': apiKey };
  }

  /** Registers as an outside agent; resolves when the node has taken it. */
  async serve(): Promise<void> {
    const stream = this.client.bothStream(Agents.method.serve, { metadata: this.#metadata });
    const { next } = reading<ServeResponse>(stream);
    stream.write({ message: { case: 'register', value: CARD } });
    assert.is((await next(1))[0]?.message.case, 'registered');
  }

  follow(decisionId: string, afterSequence = 0): Followed {
    const request = { decisionId, afterSequence: BigInt(afterSequence) };
    const extras = { metadata: this.#metadata };
    return new Followed(reading(this.client.serverStream(Council.method.watch, request, extras)));
  }

  /** Goes to the node and back behind everything that was sent on this connection before. */
  async wentAround(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await this.client.unary(Council.method.listAgents, {}, { metadata: this.#metadata });
    }
  }
}

/** What one follower has got so far. */
class Followed {
  readonly #read: ReturnType<typeof reading<WatchResponse>>;

  constructor(read: ReturnType<typeof reading<WatchResponse>>) {
    this.#read = read;
  }

  /** Names of the events that have come, in order. */
  get names(): string[] {
    return this.#read.messages.map(({ message }) =>
      message.case === 'event' ? String(message.value.type.case) : String(message.case),
    );
  }

  count(name: string): number {
    return this.names.filter((one) => one === name).length;
  }

  get toldCount(): number {
    return this.names.filter((name) => TELLING.includes(name)).length;
  }

  /** Resolves when so many events of a name have come. */
  async has(name: string, count: number): Promise<void> {
    while (this.count(name) < count) await this.#read.next(this.#read.messages.length + 1);
  }
}

/** One decision on which eleven seats have voted and the twelfth waits for `gate`. */
interface OpenRound {
  readonly agent: Caller;
  readonly viewer: Caller;
  readonly decisionId: string;
  readonly gate: Gate;
}

/** Opens a round; `before` runs when nothing has been asked yet. */
async function inOpenRound(
  before: (agent: Caller) => Promise<void>,
  body: (round: OpenRound) => Promise<void>,
): Promise<void> {
  const gate = new Gate();
  const settings = { ...PATIENT, http: { port: 0 } };
  const host = await startHost({ http: true, settings, seatPlan: gatedSeat('wisdom', gate) });
  const { url } = host.address!;
  const agent = new Caller(host, await madeKey(url, ['agent']));
  const viewer = new Caller(host, await madeKey(url, ['reader']));
  try {
    await before(agent);
    const { decisionId, verdict } = await host.accept(BENIGN);
    await gate.reached;
    await body({ agent, viewer, decisionId, gate });
    gate.open();
    await verdict;
  } finally {
    agent.client.close();
    viewer.client.close();
    gate.open();
    await host.stop();
  }
}

test('who serves as an agent gets no ballot before the round is closed, and then all of them in order', () =>
  inOpenRound(
    (agent) => agent.serve(),
    async ({ agent, viewer, decisionId, gate }) => {
      const seen = viewer.follow(decisionId);
      const sealed = agent.follow(decisionId);
      await seen.has('ballot', 11);
      // Begun in the middle of the round: the ballots lie in the history that it is given.
      const later = agent.follow(decisionId, seen.names.indexOf('ballot'));
      await sealed.has('seatThinking', 12);
      await agent.wentAround();
      assert.is(seen.count('roundClosed'), 0, 'the round is open');
      assert.equal([sealed.toldCount, later.toldCount], [0, 0]);
      gate.open();
      for (const each of [seen, sealed, later]) await each.has('final', 1);
      assert.equal(sealed.names, seen.names);
      assert.equal([sealed.count('ballot'), later.count('ballot')], [12, 12]);
    },
  ));

test('the same caller follows every ballot while nobody of the tenant serves, and none from then on', () =>
  inOpenRound(
    async () => undefined,
    async ({ agent, decisionId, gate }) => {
      const open = agent.follow(decisionId);
      await open.has('ballot', 11);
      await agent.serve();
      const sealed = agent.follow(decisionId);
      await sealed.has('seatThinking', 12);
      await agent.wentAround();
      assert.is(sealed.toldCount, 0);
      gate.open();
      await sealed.has('final', 1);
      assert.is(sealed.count('ballot'), 12);
    },
  ));
