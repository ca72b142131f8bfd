/** The decision inside a request. */
import { create } from '@bufbuild/protobuf';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { parseDecisionRequest } from '../../../contracts/parse-message.ts';
import { WIRE } from '../../../contracts/proto/convert/wire-messages.ts';
import type { DecisionRequest as DecisionMessage } from '../../../contracts/proto/gen/witan/v1/decision_pb.ts';
import { DecisionRequestSchema } from '../../../contracts/proto/gen/witan/v1/decision_pb.ts';
import { withinDeadline } from '../call-life.ts';
import type { Call } from '../method.ts';

/**
 * The decision of a request, checked as at every door and within the time of the call.
 * @throws unknown_field, invalid_argument, bad_encoding, too_large, too_deep, deadline_exceeded
 */
export function decisionOf(
  message: DecisionMessage | undefined,
  { remainingMs, door }: Pick<Call, 'remainingMs' | 'door'>,
): DecisionRequest {
  const value = WIRE.decisionRequest.decode(message ?? create(DecisionRequestSchema));
  return withinDeadline(parseDecisionRequest(value), remainingMs(), door.decisionMs);
}
