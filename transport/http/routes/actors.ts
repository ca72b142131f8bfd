/** Endpoints of the actor tree: read, follow, command, ask, and what nobody handled (RUN-14, RUN-15, RUN-09). */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import type { OperatorCommand } from '../../door/backend.ts';
import { route } from '../route.ts';
import { streamed } from './streamed.ts';
import type { Route, RouteCall } from '../route.ts';

const ActorView = z.looseObject({
  path: z.string(),
  behavior: z.string(),
  lifecycle: z.string(),
  mailboxDepth: z.int(),
  processedCount: z.int(),
  restartCount: z.int(),
  uptimeMs: z.number(),
});

const DeadLetterView = z.strictObject({
  sequence: z.int(),
  recipient: z.string(),
  sender: z.string().optional(),
  reason: z.string(),
  messageType: z.string(),
  atWallMs: z.number(),
});

const Diagnosis = z.strictObject({
  path: z.string().min(1).max(1_000),
  message: z.record(z.string().max(200), z.unknown()),
});

const COMMANDS: readonly string[] = ['stop', 'restart', 'pause', 'resume'] satisfies OperatorCommand[];
const ByPath = z.strictObject({ '*': z.string().max(1_000) });

/** Endpoints of actors. */
export const actorRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/tree',
    operation: 'actor.tree',
    operationId: 'readTree',
    summary: 'Lists the live actors, parents before children',
    query: z.strictObject({ under: z.string().startsWith('/').max(1_000).optional() }),
    responses: { 200: z.strictObject({ items: z.array(ActorView) }) },
    handle: async ({ backend, principal, query }) => ({ items: await backend.tree(principal, query.under) }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/tree/events',
    operation: 'actor.watch',
    operationId: 'watchTree',
    summary: 'Follows changes of the actor tree from now on',
    responses: { 200: 'stream' },
    handle: watchTree,
  }),
  route({
    method: 'GET',
    url: '/api/v1/actors/*',
    operation: 'actor.read',
    operationId: 'readActor',
    summary: 'Reads the actor at a path (`…/actors/council/guardian`)',
    params: ByPath,
    responses: { 200: ActorView },
    handle: ({ backend, params, principal }) => backend.actor(`/${params['*']}`, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/actors/*',
    operation: 'actor.command',
    operationId: 'commandActor',
    summary:
      'Stops, restarts, pauses or resumes the actor at a path; audited (`…/actors/council/guardian/restart`)',
    params: ByPath,
    responses: { 200: z.strictObject({ path: z.string(), command: z.string() }) },
    handle: commandActor,
  }),
  route({
    method: 'POST',
    url: '/api/v1/diagnosis',
    operation: 'actor.command',
    operationId: 'diagnoseActor',
    summary: 'Sends a diagnostic message to the actor at a path and gives its answer; audited',
    body: Diagnosis,
    responses: { 200: z.strictObject({ path: z.string(), answer: z.unknown() }) },
    handle: async ({ backend, body, principal }) => ({
      path: body.path,
      answer: (await backend.diagnose(body.path, body.message, principal)) ?? null,
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/dead-letters',
    operation: 'dead-letter.list',
    operationId: 'listDeadLetters',
    summary: 'Lists messages that nobody handled, newest first, without their content',
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
    responses: { 200: z.strictObject({ items: z.array(DeadLetterView) }) },
    handle: async ({ backend, query, principal }) => ({
      items: await backend.deadLetters(principal, query.limit),
    }),
  }),
];

async function commandActor({
  backend,
  params,
  principal,
}: RouteCall<{ '*': string }, unknown, unknown>): Promise<{ path: string; command: string }> {
  const cut = params['*'].lastIndexOf('/');
  const command = params['*'].slice(cut + 1);
  const path = `/${params['*'].slice(0, Math.max(0, cut))}`;
  if (!COMMANDS.includes(command)) {
    throw new WitanError('invalid_argument', 'no such command', {
      path: 'command',
      expected: COMMANDS.join(', '),
    });
  }
  await backend.command(path, command as OperatorCommand, principal);
  return { path, command };
}

function watchTree(call: RouteCall<unknown, unknown, unknown>): Promise<undefined> {
  return streamed(call, (stream) =>
    call.backend.watchTree(call.principal, (event) => stream.send({ name: event.kind, data: event })),
  );
}
