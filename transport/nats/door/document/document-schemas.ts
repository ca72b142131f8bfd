/** JSON schemas of the AsyncAPI document: each zod schema once, by name. */
import { z } from 'zod';
import { ERROR_CODES } from '../../../../contracts/errors.ts';
import { Ballot, BallotBody } from '../../../../contracts/messages/ballot.ts';
import { DecisionProof } from '../../../../contracts/messages/decision-proof.ts';
import {
  AgentActivity,
  AgentView,
  DecisionSummary,
  DecisionView,
  HealthView,
} from '../../../../contracts/messages/decision-view.ts';
import { DecisionRequest } from '../../../../contracts/messages/decision.ts';
import { DecisionEvent } from '../../../../contracts/messages/events.ts';
import { Evidence } from '../../../../contracts/messages/evidence.ts';
import { ApiKeyRequest, ApiKeyView, MadeApiKey } from '../../../../contracts/messages/identity/keys.ts';
import { LiveDecision } from '../../../../contracts/messages/door/live.ts';
import { ActorView, DeadLetterView, TreeEventView } from '../../../../contracts/messages/door/operator.ts';
import { OutsideAgentCard, OutsideWorkCard } from '../../../../contracts/messages/door/outside-agent.ts';
import { RecordProof } from '../../../../contracts/messages/proof.ts';
import { ResolutionPayload } from '../../../../contracts/messages/session.ts';
import { StreamControl, StreamGap, StreamOpened } from '../../../../contracts/messages/door/stream-frames.ts';
import { Tally, Verdict, VerdictBody } from '../../../../contracts/messages/verdict.ts';

type JsonObject = Record<string, unknown>;

const NAMED = {
  ActorView,
  AgentActivity,
  AgentView,
  ApiKeyRequest,
  ApiKeyView,
  Ballot,
  BallotBody,
  DeadLetterView,
  DecisionEvent,
  DecisionProof,
  DecisionRequest,
  DecisionSummary,
  DecisionView,
  Evidence,
  HealthView,
  LiveDecision,
  MadeApiKey,
  OutsideAgentCard,
  OutsideWorkCard,
  RecordProof,
  ResolutionPayload,
  StreamControl,
  StreamGap,
  StreamOpened,
  Tally,
  TreeEventView,
  Verdict,
  VerdictBody,
} as const;

const ROOT = '#/components/schemas/';

/** Collects schemas as they are referred to. */
export class DocumentSchemas {
  readonly #names = new Map<z.ZodType, string>();
  readonly #registry = z.registry<{ id: string }>();

  constructor() {
    for (const [name, schema] of Object.entries(NAMED)) this.#add(schema, name);
  }

  /** Reference to `schema`; it gets the name unless it has one. */
  reference(schema: z.ZodType, name: string): JsonObject {
    if (!this.#names.has(schema)) this.#add(schema, name);
    return { $ref: ROOT + this.#names.get(schema)! };
  }

  /** Every schema by name; draft 7, which AsyncAPI's own schema object extends. */
  all(): JsonObject {
    const made = z.toJSONSchema(this.#registry, { io: 'input', target: 'draft-7', uri: (id) => ROOT + id });
    // What several schemas share stands in a container of its own; here it becomes one more component.
    const text = JSON.stringify(made.schemas).replaceAll(
      /#\/components\/schemas\/__shared#\/(\$defs|definitions)\//g,
      ROOT,
    );
    const { __shared: shared, ...schemas } = JSON.parse(text) as Record<string, JsonObject>;
    const common = (shared?.['definitions'] ?? shared?.['$defs'] ?? {}) as Record<string, JsonObject>;
    return Object.fromEntries(
      Object.entries({ ...schemas, ...common }).map(([id, { $schema: _schema, $id: _id, ...rest }]) => [
        id,
        rest,
      ]),
    );
  }

  /** Payload of every error. */
  error(): JsonObject {
    const details = z.looseObject({ path: z.string().optional(), expected: z.string().optional() });
    const code = z.enum(Object.keys(ERROR_CODES) as [string, ...string[]]);
    const error = z.strictObject({ code, message: z.string(), retryable: z.boolean(), details });
    const { $schema: _schema, ...rest } = z.toJSONSchema(z.strictObject({ error }), {
      io: 'input',
      target: 'draft-7',
    }) as JsonObject;
    return rest;
  }

  #add(schema: z.ZodType, name: string): void {
    this.#names.set(schema, name);
    this.#registry.add(schema, { id: name });
  }
}
