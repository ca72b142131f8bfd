/** Endpoints of agents and of the actor tree. */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import { AgentActivity, AgentView } from '../../../contracts/messages/decision-view.ts';
import { SeatId } from '../../../contracts/messages/ids.ts';
import type { OperatorCommand } from '../../door/backend.ts';
import { CursorQuery, pageOf } from '../page-query.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

const ActorView = z.looseObject({
  path: z.string(),
  behavior: z.string(),
  lifecycle: z.string(),
  mailboxDepth: z.int(),
  processedCount: z.int(),
  restartCount: z.int(),
  uptimeMs: z.number(),
});

const COMMANDS: readonly string[] = ['stop', 'restart', 'pause', 'resume'] satisfies OperatorCommand[];

/** Endpoints of agents and actors. */
export const agentRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/agents',
    operationId: 'listAgents',
    summary: 'Lists the seats of the council and how each is',
    responses: { 200: z.strictObject({ items: z.array(AgentView) }) },
    handle: async ({ backend, principal }) => ({ items: await backend.agents(principal) }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/agents/:agentId/activity',
    operationId: 'readAgentActivity',
    summary: "Gives one agent's ballots, newest first",
    params: z.strictObject({ agentId: SeatId }),
    query: CursorQuery,
    responses: { 200: pageOf(AgentActivity) },
    handle: ({ backend, params, query, principal }) =>
      backend.agentActivity(params.agentId, query, principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/tree',
    operationId: 'readTree',
    summary: 'Lists the live actors, parents before children',
    responses: { 200: z.strictObject({ items: z.array(ActorView) }) },
    handle: async ({ backend, principal }) => ({ items: await backend.tree(principal) }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/actors/*',
    operationId: 'commandActor',
    summary:
      'Stops, restarts, pauses or resumes the actor at a path; audited (`…/actors/council/guardian/restart`)',
    params: z.strictObject({ '*': z.string().max(1_000) }),
    responses: { 200: z.strictObject({ path: z.string(), command: z.string() }) },
    handle: async ({ backend, params, principal }) => {
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
    },
  }),
];
