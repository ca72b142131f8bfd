/** Every message that has a zod schema and a protobuf form, with its converter. */
import { Ballot } from '../../messages/ballot.ts';
import { DecisionProof } from '../../messages/decision-proof.ts';
import {
  AgentActivity,
  AgentView,
  DecisionSummary,
  DecisionView,
  HealthView,
} from '../../messages/decision-view.ts';
import { DecisionRequest } from '../../messages/decision.ts';
import { DecisionEvent } from '../../messages/events.ts';
import { ActorView, DeadLetterView, TreeEventView } from '../../messages/door/operator.ts';
import { DeclinedWork, OutsideAgentCard, OutsideWorkCard } from '../../messages/door/outside-agent.ts';
import { ResolutionPayload } from '../../messages/session.ts';
import { Verdict } from '../../messages/verdict.ts';
import {
  DeclineWorkSchema,
  OutsideAgentSchema,
  OutsideWorkSchema,
} from '../gen/witan/v1/agents_service_pb.ts';
import { BallotSchema } from '../gen/witan/v1/ballot_pb.ts';
import { DecisionRequestSchema } from '../gen/witan/v1/decision_pb.ts';
import { DecisionEventSchema } from '../gen/witan/v1/events_pb.ts';
import { ActorViewSchema, DeadLetterViewSchema, TreeEventSchema } from '../gen/witan/v1/operator_pb.ts';
import { DecisionProofSchema } from '../gen/witan/v1/proof_pb.ts';
import { VerdictSchema } from '../gen/witan/v1/verdict_pb.ts';
import {
  AgentActivitySchema,
  AgentViewSchema,
  DecisionSummarySchema,
  DecisionViewSchema,
  HealthViewSchema,
  ResolutionSchema,
} from '../gen/witan/v1/views_pb.ts';
import { compileMessage } from './compile-message.ts';

/** Converters by the name of the message; see {@link compileMessage}. */
export const WIRE = {
  decisionRequest: compileMessage(DecisionRequest, DecisionRequestSchema),
  verdict: compileMessage(Verdict, VerdictSchema),
  ballot: compileMessage(Ballot, BallotSchema),
  decisionEvent: compileMessage(DecisionEvent, DecisionEventSchema),
  decisionView: compileMessage(DecisionView, DecisionViewSchema),
  decisionSummary: compileMessage(DecisionSummary, DecisionSummarySchema),
  decisionProof: compileMessage(DecisionProof, DecisionProofSchema),
  agentView: compileMessage(AgentView, AgentViewSchema),
  agentActivity: compileMessage(AgentActivity, AgentActivitySchema),
  resolution: compileMessage(ResolutionPayload, ResolutionSchema),
  healthView: compileMessage(HealthView, HealthViewSchema),
  actorView: compileMessage(ActorView, ActorViewSchema),
  deadLetterView: compileMessage(DeadLetterView, DeadLetterViewSchema),
  treeEvent: compileMessage(TreeEventView, TreeEventSchema),
  outsideAgent: compileMessage(OutsideAgentCard, OutsideAgentSchema),
  outsideWork: compileMessage(OutsideWorkCard, OutsideWorkSchema),
  declinedWork: compileMessage(DeclinedWork, DeclineWorkSchema),
} as const;
