/** `Council.Watch`: events of one decision with resume, or of all; a slow reader is told what it lost. */
import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { WitanError } from '../../../contracts/errors.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import type {
  WatchRequest,
  WatchResponse,
} from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import { Council, WatchResponseSchema } from '../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { DecisionSubscriber } from '../../../runtime/kernel/ports/decision/decision-events.ts';
import type { EventFollower } from '../../door/backend.ts';
import { serverStream } from '../method.ts';
import type { Call } from '../method.ts';
import type { Outgoing } from '../outgoing.ts';
import { decisionIdOf } from './request-fields.ts';

type WatchCall = Call & { readonly outgoing: Outgoing<WatchResponse> };
type Choice = MessageInitShape<typeof WatchResponseSchema>['message'];

/** The method. */
export const watch = serverStream(Council.method.watch, 'decision.follow', (request, call) =>
  request.decisionId === undefined ? watchAll(request, call) : watchOne(request, call),
);

async function watchOne(request: WatchRequest, call: WatchCall): Promise<() => void> {
  const { backend, principal, outgoing } = call;
  const decisionId = decisionIdOf({ decisionId: request.decisionId! });
  const follower: EventFollower = {
    ...subscriberOf(outgoing, (resumeAfter) => ({ resumeAfter: BigInt(resumeAfter) })),
    onSnapshot: (view) => void send(outgoing, { case: 'snapshot', value: WIRE.decisionView.encode(view) }),
  };
  return backend.follow(decisionId, { afterSequence: sequenceOf(request), principal, follower });
}

async function watchAll(request: WatchRequest, call: WatchCall): Promise<() => void> {
  const { backend, principal, outgoing } = call;
  if (request.afterSequence !== 0n) {
    throw new WitanError('invalid_argument', 'the events of all decisions have no common sequence', {
      path: 'afterSequence',
      expected: 'none without decisionId',
    });
  }
  return backend.followAll(
    principal,
    subscriberOf(outgoing, (droppedCount) => ({ droppedCount: BigInt(droppedCount) })),
  );
}

/** While the stream is full the publisher keeps the events back, and says `gap` when it no longer holds them. */
function subscriberOf(
  outgoing: Outgoing<WatchResponse>,
  gapOf: (count: number) => { resumeAfter: bigint } | { droppedCount: bigint },
): DecisionSubscriber {
  return {
    onEvent: (event) => send(outgoing, { case: 'event', value: WIRE.decisionEvent.encode(event) }),
    onGap: (count) => void send(outgoing, { case: 'gap', value: gapOf(count) }),
    onEnd: () => outgoing.end(),
  };
}

function send(outgoing: Outgoing<WatchResponse>, message: Choice): Promise<void> | undefined {
  return outgoing.send(
    create(WatchResponseSchema, { message } as MessageInitShape<typeof WatchResponseSchema>),
  );
}

function sequenceOf({ afterSequence }: WatchRequest): number {
  if (afterSequence >= 0n && afterSequence <= 1_000_000_000n) return Number(afterSequence);
  throw new WitanError('invalid_argument', 'afterSequence is not a sequence', {
    path: 'afterSequence',
    expected: 'the sequence of an event of this decision, or 0',
  });
}
