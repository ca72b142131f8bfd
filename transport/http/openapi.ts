/** OpenAPI document made from the endpoints and the zod schemas; there is no second description. */
import { z } from 'zod';
import { ERROR_CODES } from '../../contracts/errors.ts';
import { BallotBody, Ballot } from '../../contracts/messages/ballot.ts';
import {
  AgentActivity,
  AgentView,
  DecisionSummary,
  DecisionView,
  HealthView,
} from '../../contracts/messages/decision-view.ts';
import { DecisionRequest } from '../../contracts/messages/decision.ts';
import { DecisionEvent } from '../../contracts/messages/events.ts';
import { LiveMessage, LiveRequest } from '../../contracts/messages/door/live.ts';
import { AuditEventRequest, AuditReceipt } from '../../contracts/messages/engines/audit-event.ts';
import { SubjectExport } from '../../contracts/messages/privacy/subject-export.ts';
import { EvolutionAnswer, EvolutionRequest } from '../../contracts/messages/engines/evolution.ts';
import { PolicyDecision, PolicyQuery } from '../../contracts/messages/engines/policy.ts';
import { Evidence } from '../../contracts/messages/evidence.ts';
import { DecisionProof } from '../../contracts/messages/decision-proof.ts';
import { RecordProof } from '../../contracts/messages/proof.ts';
import { ResolutionPayload } from '../../contracts/messages/session.ts';
import { Tally, Verdict, VerdictBody } from '../../contracts/messages/verdict.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import type { Route } from './route.ts';

const NAMED = {
  AgentActivity,
  AgentView,
  AuditEventRequest,
  AuditReceipt,
  Ballot,
  BallotBody,
  DecisionEvent,
  DecisionRequest,
  DecisionSummary,
  DecisionView,
  DecisionProof,
  Evidence,
  EvolutionAnswer,
  EvolutionRequest,
  HealthView,
  LiveMessage,
  LiveRequest,
  PolicyDecision,
  PolicyQuery,
  RecordProof,
  ResolutionPayload,
  SubjectExport,
  Tally,
  Verdict,
  VerdictBody,
} as const;

type JsonObject = Record<string, unknown>;

/** Builds the document (OpenAPI 3.1) for `routes`. */
export function openApiDocument(routes: readonly Route[], version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}').replace('*', '{path}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  paths['/api/v1/live'] = { get: LIVE };
  return {
    openapi: '3.1.0',
    info: { title: 'Witan', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: { schemas: { ...namedSchemas(), ...errorSchemas() }, securitySchemes: SECURITY_SCHEMES },
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key or a JSON Web Token' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-witan-session',
    description: 'A person who signed in; `witan-session` over plain HTTP. Changes need `X-CSRF-Token` too',
  },
  clientCertificate: { type: 'mutualTLS' },
} as const;

/** The WebSocket: OpenAPI has no form for what follows the upgrade, so the messages are named in extensions. */
const LIVE = {
  operationId: 'live',
  summary: 'Opens a WebSocket that shows decisions live: a snapshot, then events; resumes after `since`',
  'x-witan-operation': 'decision.follow-all',
  'x-witan-scope': OPERATIONS['decision.follow-all'].scope,
  'x-witan-client-messages': reference('LiveRequest'),
  'x-witan-server-messages': reference('LiveMessage'),
  security: securityOf(OPERATIONS['decision.follow-all'].scope),
  parameters: [
    {
      name: 'Sec-WebSocket-Protocol',
      in: 'header',
      required: false,
      description: '`witan.v1`; a browser adds `bearer.<token>`',
      schema: { type: 'string' },
    },
  ],
  responses: {
    101: { description: 'the protocol is switched' },
    default: {
      description: 'a typed error',
      content: { 'application/json': { schema: reference('Error') } },
    },
  },
};

const HEADERS = {
  'X-Request-Id': { description: 'Id of the request, yours where you sent one', schema: { type: 'string' } },
  'RateLimit-Limit': { description: 'Requests that the window allows', schema: { type: 'integer' } },
  'RateLimit-Remaining': { description: 'Requests that are left of it', schema: { type: 'integer' } },
  'RateLimit-Reset': { description: 'Seconds until it starts anew', schema: { type: 'integer' } },
} as const;

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
} as const;

function operation(route: Route): JsonObject {
  const { scope } = OPERATIONS[route.operation];
  return {
    operationId: route.operationId,
    summary: route.summary,
    'x-witan-operation': route.operation,
    ...(scope === null ? { security: [] } : { 'x-witan-scope': scope, security: securityOf(scope) }),
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { [route.bodyType ?? 'application/json']: { schema: schemaOf(route.body) } },
      },
    }),
    responses: { ...answers(route), ...refusals(route) },
  };
}

function securityOf(scope: string): JsonObject[] {
  return Object.keys(SECURITY_SCHEMES).map((scheme) => ({ [scheme]: [scope] }));
}

function answers(route: Route): JsonObject {
  const responses: JsonObject = {};
  for (const [status, schema] of Object.entries(route.responses)) {
    const description = Number(status) < 300 ? 'done' : 'not ready';
    responses[status] = { description, headers: HEADERS, content: contentOf(schema) };
  }
  return responses;
}

function contentOf(schema: Route['responses'][string]): JsonObject {
  if (schema === 'text') return { 'text/plain': { schema: { type: 'string' } } };
  if (schema === 'bytes')
    return { 'application/octet-stream': { schema: { type: 'string', contentEncoding: 'binary' } } };
  if (schema !== 'stream') return { 'application/json': { schema: schemaOf(schema) } };
  return { 'text/event-stream': { schema: reference('DecisionEvent') } };
}

/** Refusals that the endpoint can give, by the statuses of the error table; `default` is any other. */
function refusals(route: Route): JsonObject {
  const { scope } = OPERATIONS[route.operation];
  const refusal = (description: string, headers: JsonObject = HEADERS): JsonObject => ({
    description,
    headers,
    content: {
      'application/json': { schema: reference(route.errorForm === 'opa' ? 'PolicyError' : 'Error') },
    },
  });
  const takesInput = route.params ?? route.query ?? route.body;
  return {
    ...(takesInput && { 400: refusal('the input is not of the expected form') }),
    ...(scope !== null && {
      401: refusal('the caller is not known'),
      403: refusal(`the caller does not have the scope ${scope}`),
    }),
    ...(route.params && { 404: refusal('there is nothing by that name') }),
    ...(route.body && { 413: refusal('the body is too large') }),
    429: refusal('the caller sent too much, or no capacity is free', { ...HEADERS, ...RETRY_AFTER }),
    default: refusal('a typed error'),
  };
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): JsonObject[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema) as {
    properties?: JsonObject;
    required?: string[];
  };
  return Object.entries(properties).map(([name, of]) => ({
    name: name === '*' ? 'path' : name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }));
}

function schemaOf(schema: z.ZodType): unknown {
  const name = Object.entries(NAMED).find(([, named]) => named === schema)?.[0];
  if (name) return reference(name);
  const { $schema: _schema, $defs: _defs, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as JsonObject;
  return anyJson(rest);
}

/**
 * The one schema that refers to itself is that of any JSON value. In the middle of a document its definition
 * would not be found, and a schema without conditions says the same.
 */
function anyJson(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(anyJson);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref: to } = schema as { $ref?: unknown };
  if (typeof to === 'string' && to.startsWith('#/$defs/')) return {};
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, anyJson(value)]));
}

function namedSchemas(): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` });
  // What several schemas share stands in a container of its own; here it becomes a component like the others.
  const text = JSON.stringify(made.schemas).replaceAll(
    '#/components/schemas/__shared#/$defs/',
    '#/components/schemas/',
  );
  const { __shared: shared, ...schemas } = JSON.parse(text) as Record<string, JsonObject>;
  const all = { ...schemas, ...(shared?.['$defs'] as Record<string, JsonObject> | undefined) };
  return Object.fromEntries(
    Object.entries(all).map(([id, { $schema: _schema, $id: _id, ...rest }]) => [id, rest]),
  );
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

function errorSchemas(): JsonObject {
  const details = z.looseObject({ path: z.string().optional(), expected: z.string().optional() });
  const code = z.enum(Object.keys(ERROR_CODES) as [string, ...string[]]);
  const message = z.string();
  const error = z.strictObject({ code, message, retryable: z.boolean(), details });
  const errors = z.array(z.strictObject({ code, message }));
  return {
    Error: schemaOf(z.strictObject({ error })),
    // The form of Open Policy Agent, for clients of its data API, with ours inside.
    PolicyError: schemaOf(z.strictObject({ code, message, errors, error })),
  };
}
