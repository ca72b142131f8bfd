/** `witan.v1.Agents`: an agent system of others registers over one stream, gets work and casts ballots. */
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { toWitanError, WitanError } from '../../../contracts/errors.ts';
import type { Ballot } from '../../../contracts/messages/ballot.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import type {
  OutsideAgent as OutsideAgentMessage,
  ServeRequest,
  ServeResponse,
} from '../../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import { Agents, ServeResponseSchema } from '../../../contracts/proto/gen/witan/v1/agents_service_pb.ts';
import type { OutsideRegistration } from '../../../runtime/kernel/ports/decision/outside-agents.ts';
import { errorMessage } from '../error-status.ts';
import { bothStream } from '../method.ts';
import type { GrpcMethod, StreamCall } from '../method.ts';

type ServeCall = StreamCall<ServeRequest, ServeResponse>;
type Answer = NonNullable<MessageInitShape<typeof ServeResponseSchema>['message']>;

/** Methods of the service. */
export const agentMethods: readonly GrpcMethod[] = [
  bothStream(Agents.method.serve, 'agent.serve', async (call) => {
    const agent = new ServedAgent(call);
    call.incoming.read({ onMessage: (request) => agent.take(request), onEnd: () => call.outgoing.end() });
    return () => agent.close();
  }),
];

/** One outside agent on its stream; absent as soon as the stream is over. */
class ServedAgent {
  readonly #call: ServeCall;
  readonly #registerLimit: NodeJS.Timeout;
  #registration: OutsideRegistration | undefined;
  #state: 'new' | 'registering' | 'registered' | 'closed' = 'new';
  #castCount = 0;

  constructor(call: ServeCall) {
    this.#call = call;
    this.#registerLimit = setTimeout(
      () => call.outgoing.end(new WitanError('deadline_exceeded', 'no registration came on the stream')),
      call.door.limits.registerMs,
    );
    this.#registerLimit.unref();
  }

  /** Handles one message. @throws invalid_argument and the like, which end the stream */
  take({ message }: ServeRequest): void {
    if (message.case === 'register') return this.#register(message.value);
    if (this.#state !== 'registered' || message.case === undefined) {
      throw new WitanError('invalid_argument', 'the message has no place here', {
        path: 'message',
        expected: this.#state === 'registered' ? 'cast or decline' : 'register, then an answer to it',
      });
    }
    if (message.case === 'decline') {
      const value = WIRE.declinedWork.decode(message.value, { path: ['decline'] });
      const { decisionId, detail } = parseMessage(WIRE.declinedWork.schema, value);
      return this.#registration!.decline(decisionId, detail);
    }
    const value = message.value.ballot && WIRE.ballot.decode(message.value.ballot);
    void this.#cast(parseMessage(WIRE.ballot.schema, value));
  }

  close(): void {
    clearTimeout(this.#registerLimit);
    this.#state = 'closed';
    this.#registration?.close();
  }

  #register(message: OutsideAgentMessage): void {
    if (this.#state !== 'new') {
      throw new WitanError('invalid_argument', 'the stream has its agent already', {
        path: 'message',
        expected: 'one registration',
      });
    }
    const agent = parseMessage(WIRE.outsideAgent.schema, WIRE.outsideAgent.decode(message));
    this.#state = 'registering';
    clearTimeout(this.#registerLimit);
    const { backend, principal, outgoing } = this.#call;
    backend.outsideAgents
      .register(agent, principal, {
        onWork: (work) => this.#offer({ case: 'work', value: WIRE.outsideWork.encode(work) }),
        onCancel: (decisionId) => this.#send({ case: 'cancelled', value: { decisionId } }),
        onEnd: (reason) => {
          this.#send({ case: 'ended', value: { reason } });
          outgoing.end();
        },
      })
      .then(
        (registration) => this.#registered(agent.agentId, registration),
        (error: unknown) => outgoing.end(error),
      );
  }

  #registered(agentId: string, registration: OutsideRegistration): void {
    this.#registration = registration;
    // The stream can die while the registration is made: then nobody is there to be present.
    if (this.#state === 'closed') return registration.close();
    this.#state = 'registered';
    this.#send({ case: 'registered', value: { agentId } });
  }

  async #cast(ballot: Ballot): Promise<void> {
    const { decisionId, round } = ballot.body;
    this.#count(1);
    try {
      await this.#registration!.cast(ballot);
      this.#send({ case: 'taken', value: { decisionId, round } });
    } catch (error) {
      const value = { decisionId, round, error: errorMessage(toWitanError(error)) };
      this.#send({ case: 'notTaken', value });
    } finally {
      this.#count(-1);
    }
  }

  /** An agent that casts faster than ballots are taken, or reads nothing, is not read either. */
  #count(more: number): void {
    this.#castCount += more;
    const { incoming, outgoing, door } = this.#call;
    incoming.hold(this.#castCount >= door.limits.inFlightMaxCount || outgoing.full !== undefined);
  }

  #send(message: Answer): void {
    const full = this.#call.outgoing.send(create(ServeResponseSchema, { message }));
    if (full) void full.then(() => this.#count(0));
  }

  /** False when the agent does not read: it is not asked then, and is absent from this round. */
  #offer(message: Answer): boolean {
    if (this.#state === 'closed' || this.#call.outgoing.full) return false;
    this.#send(message);
    return true;
  }
}
