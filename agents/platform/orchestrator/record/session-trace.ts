/**
 * Spans of one decision. Its own is open while its session runs, that of the council while it sits (seats and
 * outside agents get its context), those of appends while they are written; the other steps and the ballots
 * are told afterwards, off the decision's stream: the path itself knows nothing of them.
 */
import { ballotVote } from '../../../../contracts/messages/ballot.ts';
import type { DecisionEvent } from '../../../../contracts/messages/events.ts';
import { GEN_AI_OPERATION, SPAN, SPAN_EVENT, TRACE } from '../../../../contracts/trace-names.ts';
import { withAppend } from '../../../../runtime/kernel/ports/ledger.ts';
import type { LedgerPort } from '../../../../runtime/kernel/ports/ledger.ts';
import type {
  SpanAttributes,
  TelemetryPort,
  TelemetrySpan,
} from '../../../../runtime/kernel/ports/telemetry.ts';
import type { SessionEnd, SessionJob } from '../decision-session.ts';
import type { CouncilStep, OrchestratorPorts } from '../ports.ts';

type Ballot = Extract<DecisionEvent, { type: 'ballot' }>;
type Step = Extract<DecisionEvent, { type: 'step' }>;

/** A session whose spans are kept. */
export interface TracedSession {
  /** The same ports; appends leave a span, and the council is asked with the context of its own. */
  readonly ports: OrchestratorPorts;
  /** Ends the decision's span and tells those below it. */
  end(result: PromiseSettledResult<SessionEnd>): void;
}

/** Starts the span of a decision; undefined where nobody traces, or not this one. */
export function traceSession(job: SessionJob, ports: OrchestratorPorts): TracedSession | undefined {
  const { telemetry } = ports;
  if (telemetry?.isTracing !== true) return undefined;
  const { decision, traceparent } = job;
  const attributes = {
    [TRACE.operation]: GEN_AI_OPERATION.workflow,
    [TRACE.workflow]: 'decision',
    [TRACE.conversation]: decision.decisionId,
    [TRACE.decisionType]: decision.request.type,
    [TRACE.tenant]: decision.tenant,
  };
  const span = telemetry.span(SPAN.decision, attributes, { parent: traceparent });
  if (span.isRecording === false) {
    span.end();
    return undefined;
  }
  const trace = new SessionTrace(job, { span, telemetry, ports });
  const watched = { ...ports, ledger: trace.ledger(), council: trace.council() };
  return { ports: watched, end: (result) => trace.end(result) };
}

interface TraceParts {
  readonly span: TelemetrySpan;
  readonly telemetry: TelemetryPort;
  readonly ports: OrchestratorPorts;
}

class SessionTrace {
  readonly #job: SessionJob;
  readonly #parts: TraceParts;
  #council: TelemetrySpan | undefined;

  constructor(job: SessionJob, parts: TraceParts) {
    this.#job = job;
    this.#parts = parts;
  }

  ledger(): LedgerPort {
    const { ledger, clock } = this.#parts.ports;
    const append: LedgerPort['append'] = async (entry, options) => {
      const span = this.#child(SPAN.append, { [TRACE.entryKind]: entry.kind }, clock.wallMs());
      try {
        const receipt = await ledger.append(entry, options);
        span.end();
        return receipt;
      } catch (error) {
        span.end(error);
        throw error;
      }
    };
    return withAppend(ledger, append);
  }

  council(): CouncilStep {
    const { council, clock } = this.#parts.ports;
    return (request, budget) => {
      this.#council = this.#child(SPAN.council, this.#workflow('council'), clock.wallMs());
      return council({ ...request, traceparent: this.#council.traceparent }, budget);
    };
  }

  end(result: PromiseSettledResult<SessionEnd>): void {
    const { span, ports } = this.#parts;
    const events = ports.events.history(this.#job.decision.decisionId);
    for (const event of events) if (event.type === 'step') this.#step(event, events);
    // Of a council whose step was never told; the end of one that was is not moved.
    this.#council?.end();
    if (result.status === 'rejected') return span.end(result.reason);
    const { outcome, decidedBy, heldReason, risk } = result.value.verdict.body;
    span.set(TRACE.outcome, outcome);
    span.set(TRACE.decidedBy, decidedBy);
    span.set(TRACE.risk, risk);
    if (heldReason !== null) span.set(TRACE.heldReason, heldReason);
    span.end();
  }

  #step({ step, atWallMs }: Step, events: readonly DecisionEvent[]): void {
    const isCouncil = step.step === 'council';
    const attributes: Record<string, string> = {
      [TRACE.step]: step.step,
      [TRACE.stepBy]: step.by,
      [TRACE.stepResult]: step.result,
    };
    const startedWallMs = atWallMs - step.elapsedMs;
    if (!isCouncil) {
      const name = `${SPAN.step} ${step.step === 'checks' ? step.by : step.step}`;
      return this.#child(name, attributes, startedWallMs).end(undefined, atWallMs);
    }
    const span = this.#council ?? this.#child(SPAN.council, this.#workflow('council'), startedWallMs);
    for (const [name, value] of Object.entries(attributes)) span.set(name, value);
    this.#ballots(span, events);
    span.end(undefined, atWallMs);
  }

  #ballots(council: TelemetrySpan, events: readonly DecisionEvent[]): void {
    const titles = new Map<string, string>();
    for (const event of events) {
      if (event.type === 'opened') for (const { seat, title } of event.seats) titles.set(seat, title);
      else if (event.type === 'ballot') this.#ballot(event, council, titles.get(event.seat) ?? event.seat);
      else if (event.type === 'seat-absent') {
        const attributes = { [TRACE.seat]: event.seat, [TRACE.absence]: event.reason };
        council.event?.(SPAN_EVENT.absent, attributes, event.atWallMs);
      }
    }
  }

  #ballot({ seat, round, ballot, elapsedMs, atWallMs }: Ballot, council: TelemetrySpan, title: string): void {
    const { scoreBp, confidenceBp } = ballot.body;
    const vote = ballotVote(ballot.body);
    const attributes = {
      [TRACE.operation]: GEN_AI_OPERATION.agent,
      [TRACE.agentId]: seat,
      [TRACE.agentName]: title,
      [TRACE.conversation]: this.#job.decision.decisionId,
      [TRACE.round]: round,
      [TRACE.confidence]: confidenceBp / 10_000,
    };
    const start = { parent: council.traceparent, startedWallMs: atWallMs - elapsedMs };
    const span = this.#parts.telemetry.span(`${SPAN.ballot} ${title}`, attributes, start);
    const result = { [TRACE.evaluation]: seat, [TRACE.score]: scoreBp / 10_000, [TRACE.label]: vote };
    span.event?.(SPAN_EVENT.evaluation, result, atWallMs);
    span.end(undefined, atWallMs);
  }

  #workflow(name: string): Record<string, string> {
    return {
      [TRACE.operation]: GEN_AI_OPERATION.workflow,
      [TRACE.workflow]: name,
      [TRACE.conversation]: this.#job.decision.decisionId,
    };
  }

  #child(name: string, attributes: SpanAttributes, startedWallMs: number): TelemetrySpan {
    const { telemetry, span } = this.#parts;
    return telemetry.span(name, attributes, { parent: span.traceparent, startedWallMs });
  }
}
