/** Protobuf forms of the messages that have one: the same messages that the gRPC door speaks. */
import { create, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { z } from 'zod';
import { readMessage } from '../../../../contracts/proto/convert/read-message.ts';
import type { AgentView, DecisionSummary, Page } from '../../../../contracts/messages/decision-view.ts';
import { DecisionId } from '../../../../contracts/messages/ids.ts';
import { Outcome } from '../../../../contracts/messages/verdict.ts';
import type { Verdict } from '../../../../contracts/messages/verdict.ts';
import { compileMessage } from '../../../../contracts/proto/convert/compile-message.ts';
import type { MessageCodec } from '../../../../contracts/proto/convert/compile-message.ts';
import { WIRE } from '../../../../contracts/proto/convert/wire-messages.ts';
import {
  EvaluateResponseSchema,
  GetDecisionRequestSchema,
  GetProofRequestSchema,
  ListAgentsRequestSchema,
  ListAgentsResponseSchema,
  ListDecisionsRequestSchema,
  ListDecisionsResponseSchema,
  VerifyRequestSchema,
  VerifyResponseSchema,
} from '../../../../contracts/proto/gen/witan/v1/council_service_pb.ts';
import type { WireForm } from './wire-form.ts';

const ById = z.strictObject({ decisionId: DecisionId });
const ListForm = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.int().min(1).max(200).optional(),
  outcome: z.enum([...Outcome.options, 'open']).optional(),
  type: z.string().max(64).optional(),
});

type Accepted = { readonly decisionId: DecisionId };

/** Forms by what they are of; what is not here is JSON alone. */
export const WIRE_FORMS = {
  decisionRequest: formOf(WIRE.decisionRequest),
  evaluation: answerForm(EvaluateResponseSchema, (value: Verdict | Accepted) =>
    'decisionId' in value
      ? { decisionId: value.decisionId }
      : { decisionId: value.body.decisionId, verdict: WIRE.verdict.encode(value) },
  ),
  readRequest: formOf(compileMessage(ById, GetDecisionRequestSchema)),
  decisionView: formOf(WIRE.decisionView),
  proofRequest: formOf(compileMessage(ById, GetProofRequestSchema)),
  decisionProof: formOf(WIRE.decisionProof),
  verifyRequest: formOf(compileMessage(ById, VerifyRequestSchema)),
  verification: answerForm(VerifyResponseSchema, (value: { verified: boolean; detail: string }) => value),
  listRequest: formOf(compileMessage(ListForm, ListDecisionsRequestSchema)),
  decisionList: answerForm(ListDecisionsResponseSchema, (page: Page<DecisionSummary>) => ({
    items: page.items.map((item) => WIRE.decisionSummary.encode(item)),
    ...(page.nextCursor !== null && { nextCursor: page.nextCursor }),
  })),
  agentsRequest: formOf(compileMessage(z.strictObject({}), ListAgentsRequestSchema)),
  agentList: answerForm(ListAgentsResponseSchema, ({ items }: { items: AgentView[] }) => ({
    items: items.map((item) => WIRE.agentView.encode(item)),
  })),
  decisionEvent: formOf(WIRE.decisionEvent),
  treeEvent: formOf(WIRE.treeEvent),
  outsideWork: formOf(WIRE.outsideWork),
} as const satisfies Record<string, WireForm>;

function formOf<S extends z.ZodType, D extends DescMessage>(codec: MessageCodec<S, D>): WireForm {
  return {
    typeName: codec.desc.typeName,
    decode: (bytes) => codec.decode(readMessage(codec.desc, bytes)),
    encode: (value) => toBinary(codec.desc, codec.encode(value as z.output<S>)),
  };
}

/** Form of an answer that is put together from messages; it is never read here. */
function answerForm<D extends DescMessage, T>(desc: D, init: (value: T) => MessageInitShape<D>): WireForm {
  return {
    typeName: desc.typeName,
    decode: (bytes) => readMessage(desc, bytes),
    encode: (value) => toBinary(desc, create(desc, init(value as T))),
  };
}
