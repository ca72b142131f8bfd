/** A gRPC door on a free loopback port with a hand-driven backend and gate behind it. */
import { WitanError } from '../../contracts/errors.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import type { GateCall, GatePass, GatePort } from '../../runtime/kernel/ports/admission/gate.ts';
import { createGrpcServer } from '../../transport/grpc/index.ts';
import type { GrpcServer, GrpcServerOptions } from '../../transport/grpc/index.ts';
import { isLoopback } from '../../config/network.ts';
import { PassEnds } from './pass-ends.ts';
import { ALL_SCOPES, StubBackend } from './stub-backend.ts';

/** Lets loopback in with every scope, or the key `weak` with none; counts passes. */
export class TestGate implements GatePort {
  readonly calls: GateCall[] = [];
  readonly ends = new PassEnds();
  openCount = 0;

  async admit(call: GateCall): Promise<GatePass> {
    this.calls.push(call);
    const { credentials, operation } = call;
    if (!isLoopback(credentials.remoteAddress))
      throw new WitanError('unauthenticated', 'the caller is not known');
    const scopes = credentials.apiKey === 'weak' ? [] : [...ALL_SCOPES, 'agent:serve'];
    const { scope } = OPERATIONS[operation];
    if (scope !== null && !scopes.includes(scope))
      throw new WitanError('permission_denied', 'the caller may not do this');
    this.openCount += 1;
    const ends = this.ends.pass(() => (this.openCount -= 1));
    return { principal: { id: 'local', tenant: 'local', scopes }, rate: null, ...ends };
  }
}

/** Opens the door. */
export async function openGrpcDoor(options: Partial<GrpcServerOptions> = {}): Promise<{
  readonly backend: StubBackend;
  readonly gate: TestGate;
  readonly door: GrpcServer;
  readonly target: string;
}> {
  const backend = new StubBackend();
  const gate = new TestGate();
  const door = createGrpcServer({ backend, gate, ...options });
  const { target } = await door.listen({ host: '127.0.0.1', port: 0 });
  return { backend, gate, door, target };
}
