/** A NATS door with a hand-driven backend behind it, on a server of the test's own. */
import { WitanError } from '../../contracts/errors.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import type { GateCall, GatePass, GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import { openNatsDoor } from '../../transport/nats/door/nats-door.ts';
import type { NatsDoor, NatsDoorOptions } from '../../transport/nats/door/nats-door.ts';
import { assert } from '../harness.ts';
import { startNats } from '../nats-server.ts';
import type { NatsServer } from '../nats-server.ts';
import { PassEnds } from './pass-ends.ts';
import { RawNats } from './raw-nats.ts';
import { StubBackend } from './stub-backend.ts';

/** Secret of the key that {@link KeyGate} knows. */
export const TEST_KEY = 'test-key';

/** A gate that knows one key, and counts what it let in. */
export class KeyGate implements GatePort {
  readonly calls: GateCall[] = [];
  readonly ends = new PassEnds();
  openCount = 0;

  async admit(call: GateCall): Promise<GatePass> {
    this.calls.push(call);
    const { scope } = OPERATIONS[call.operation];
    if (scope !== null && call.credentials.apiKey !== TEST_KEY) {
      throw new WitanError('unauthenticated', 'the caller is not known');
    }
    this.openCount += 1;
    const scopes = Object.values(OPERATIONS).flatMap((info) => info.scope ?? []);
    return {
      principal: { id: 'key:test', tenant: 'acme', scopes },
      rate: { limit: 100, remaining: 99, resetMs: 60_000 },
      ...this.ends.pass(() => (this.openCount -= 1)),
    };
  }
}

/** A door, its parts, and a stranger's connection to the same server. */
export interface DoorFixture {
  readonly server: NatsServer;
  readonly door: NatsDoor;
  readonly backend: StubBackend;
  readonly gate: KeyGate;
  readonly client: RawNats;
  readonly defects: unknown[];
  end(): Promise<void>;
}

/** Opens everything. */
export async function openDoorFixture(options: Partial<NatsDoorOptions> = {}): Promise<DoorFixture> {
  const server = await startNats();
  const backend = new StubBackend();
  const gate = new KeyGate();
  const defects: unknown[] = [];
  const door = await openNatsDoor({
    connect: { url: server.url, name: 'door', reconnectWaitMs: 20, onError: (error) => defects.push(error) },
    backend,
    gate,
    version: '1.2.3',
    node: 'node-1',
    onDefect: (error) => defects.push(error),
    ...options,
  });
  const client = await RawNats.connect(server.port);
  return {
    server,
    door,
    backend,
    gate,
    client,
    defects,
    async end() {
      client.close();
      await door.close(100);
      await server.end();
    },
  };
}

/** Runs a test with a door of its own, which must end without a defect. */
export async function withDoor(
  body: (fixture: DoorFixture) => Promise<void>,
  options: Partial<NatsDoorOptions> = {},
): Promise<void> {
  const fixture = await openDoorFixture(options);
  try {
    await body(fixture);
    assert.equal(fixture.defects, []);
  } finally {
    await fixture.end();
  }
}

/** Headers of a known caller. */
export const KNOWN = { 'Witan-Api-Key': TEST_KEY };
