/** `Council.EvaluateStream`: many decisions over one stream, each let in by the gate, bounded in number. */
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { WitanError } from '../../../contracts/errors.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import type {
  EvaluateStreamRequest,
  EvaluateStreamResponse,
} from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import {
  Council,
  EvaluateStreamResponseSchema,
} from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { whileWanted } from '../call-life.ts';
import { errorMessage } from '../error-status.ts';
import { bothStream } from '../method.ts';
import type { StreamCall } from '../method.ts';
import { decisionOf } from './decision-of.ts';

type EvaluateCall = StreamCall<EvaluateStreamRequest, EvaluateStreamResponse>;
type Result = NonNullable<MessageInitShape<typeof EvaluateStreamResponseSchema>['result']>;

const CORRELATION_LENGTH = 200;

/** The method. */
export const evaluateStream = bothStream(
  Council.method.evaluateStream,
  'decision.evaluate-stream',
  async (call) => {
    const stream = new OpenEvaluations(call);
    call.incoming.read({
      onMessage: (request, bytes) => stream.take(request, bytes),
      onEnd: () => stream.noMore(),
    });
    return () => undefined;
  },
);

/** Decisions that are open on one stream. */
class OpenEvaluations {
  readonly #call: EvaluateCall;
  readonly #open = new Set<string>();
  #isLast = false;

  constructor(call: EvaluateCall) {
    this.#call = call;
  }

  take(request: EvaluateStreamRequest, bytes: number): void {
    const { correlationId } = request;
    if (
      correlationId.length === 0 ||
      correlationId.length > CORRELATION_LENGTH ||
      this.#open.has(correlationId)
    ) {
      throw new WitanError('invalid_argument', 'the correlation id cannot be used', {
        path: 'correlationId',
        expected: `1 to ${CORRELATION_LENGTH} characters, unique among the open ones`,
      });
    }
    this.#open.add(correlationId);
    this.#pace();
    void this.#evaluate(request, bytes)
      .catch((error: unknown) => this.#send(correlationId, { case: 'error', value: errorMessage(error) }))
      .then(() => this.#ended(correlationId));
  }

  noMore(): void {
    this.#isLast = true;
    if (this.#open.size === 0) this.#call.outgoing.end();
  }

  async #evaluate({ correlationId, decision }: EvaluateStreamRequest, bytes: number): Promise<void> {
    const { backend, principal, signal } = this.#call;
    // A key that was revoked, or a rate that is used up, also counts for a stream that is open.
    const pass = await this.#call.admit('decision.evaluate', bytes);
    try {
      const request = decisionOf(decision, this.#call);
      const { traceparent } = pass;
      const submission = await backend.submit(request, { principal, signal, traceparent });
      submission.verdict.catch(() => undefined);
      this.#send(correlationId, { case: 'accepted', value: { decisionId: submission.decisionId } });
      const verdict = await whileWanted(submission.verdict, signal);
      this.#send(correlationId, { case: 'verdict', value: WIRE.verdict.encode(verdict) });
    } finally {
      pass.release();
    }
  }

  #ended(correlationId: string): void {
    this.#open.delete(correlationId);
    if (this.#isLast && this.#open.size === 0) this.#call.outgoing.end();
    else this.#pace();
  }

  #send(correlationId: string, result: Result): void {
    const { outgoing } = this.#call;
    const full = outgoing.send(create(EvaluateStreamResponseSchema, { correlationId, result }));
    if (full) void full.then(() => this.#pace());
  }

  /** Reads no further while the caller has enough decisions open, or does not read its answers. */
  #pace(): void {
    const { incoming, outgoing, door } = this.#call;
    incoming.hold(this.#open.size >= door.limits.inFlightMaxCount || outgoing.full !== undefined);
  }
}
