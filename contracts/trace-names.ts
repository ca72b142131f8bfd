/**
 * Names of spans and of what they carry: the one mapping to OpenTelemetry's conventions for generative AI.
 *
 * Those are still in development: a change of theirs is a change of this file and of
 * {@link TRACE_CONVENTIONS}, and of nothing else. What they do not know stands under `witan.`.
 * No attribute ever holds text of an input.
 * @source OpenTelemetry semantic conventions for generative AI: agent spans, event `gen_ai.evaluation.result`
 */

/** Version of the conventions that the names are taken from; stands in every trace. */
export const TRACE_CONVENTIONS = '1.45.0';

/** Attribute names. */
export const TRACE = {
  operation: 'gen_ai.operation.name',
  agentId: 'gen_ai.agent.id',
  agentName: 'gen_ai.agent.name',
  /** The decision's id: everything about one decision is one conversation. */
  conversation: 'gen_ai.conversation.id',
  workflow: 'gen_ai.workflow.name',
  evaluation: 'gen_ai.evaluation.name',
  score: 'gen_ai.evaluation.score.value',
  label: 'gen_ai.evaluation.score.label',
  errorType: 'error.type',
  door: 'witan.door',
  doorOperation: 'witan.operation',
  decisionType: 'witan.decision.type',
  tenant: 'witan.tenant',
  outcome: 'witan.decision.outcome',
  decidedBy: 'witan.decision.decided_by',
  heldReason: 'witan.decision.held_reason',
  risk: 'witan.decision.risk',
  step: 'witan.step.name',
  stepBy: 'witan.step.by',
  stepResult: 'witan.step.result',
  round: 'witan.ballot.round',
  confidence: 'witan.ballot.confidence',
  weight: 'witan.seat.weight_bp',
  seat: 'witan.seat',
  absence: 'witan.seat.absence',
  entryKind: 'witan.entry.kind',
} as const;

/** Names of spans; `…` is completed with an agent or a kind. */
export const SPAN = {
  gate: 'witan.gate',
  decision: 'invoke_workflow decision',
  step: 'witan.step',
  council: 'invoke_workflow council',
  ballot: 'invoke_agent',
  append: 'witan.append',
} as const;

/** Names of events on spans. */
export const SPAN_EVENT = { evaluation: 'gen_ai.evaluation.result', absent: 'witan.seat.absent' } as const;

/** Values of `gen_ai.operation.name`. */
export const GEN_AI_OPERATION = { workflow: 'invoke_workflow', agent: 'invoke_agent' } as const;
