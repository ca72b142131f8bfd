/** Endpoints of the seats of the council. */
import { z } from 'zod';
import { AgentActivity, AgentView } from '../../../contracts/messages/decision-view.ts';
import { SeatId } from '../../../contracts/messages/ids.ts';
import { CursorQuery, pageOf } from '../page-query.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

/** Endpoints of agents. */
export const agentRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/agents',
    operation: 'agent.list',
    operationId: 'listAgents',
    summary: 'Lists the seats of the council and how each is',
    responses: { 200: z.strictObject({ items: z.array(AgentView) }) },
    handle: async ({ backend, principal }) => ({ items: await backend.agents(principal) }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/agents/:agentId/activity',
    operation: 'agent.activity',
    operationId: 'readAgentActivity',
    summary: "Gives one agent's ballots, newest first",
    params: z.strictObject({ agentId: SeatId }),
    query: CursorQuery,
    responses: { 200: pageOf(AgentActivity) },
    handle: ({ backend, params, query, principal }) =>
      backend.agentActivity(params.agentId, query, principal),
  }),
];
