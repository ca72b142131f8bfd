/** Endpoints of the models: their health, their cards, and which version serves. */
import {
  ModelCard,
  ModelChangeView,
  ModelListView,
  ModelNameQuery,
  ModelStatusView,
} from '../../../../contracts/messages/models/card.ts';
import { ModelChangeRequest } from '../../../../contracts/messages/models/choices.ts';
import { parseMessage } from '../../../../contracts/parse-message.ts';
import { needService } from '../../../door/services.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';

/** Endpoints of the models. */
export const modelRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/models/status',
    operation: 'model.status',
    operationId: 'readModelStatus',
    summary: 'Says how the models of this node stand: which version serves, and what is refused',
    responses: { 200: ModelStatusView },
    handle: ({ backend, principal }) => needService(backend.services, 'models').status(principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/models',
    operation: 'model.list',
    operationId: 'listModels',
    summary: 'Lists the models of this node with their versions',
    responses: { 200: ModelListView },
    handle: ({ backend, principal }) => needService(backend.services, 'models').list(principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/models/card',
    operation: 'model.read',
    operationId: 'readModelCard',
    summary: 'Gives the card of a model: what was measured beside what is claimed, licences, limits',
    query: ModelNameQuery,
    responses: { 200: ModelCard },
    handle: ({ backend, query, principal }) =>
      needService(backend.services, 'models').card(query.name, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/models/change',
    operation: 'model.change',
    operationId: 'changeModel',
    summary: 'Chooses a version, gives one a share of the requests, or goes back to the former',
    body: ModelChangeRequest,
    parseBody: (value) => parseMessage(ModelChangeRequest, value ?? {}),
    responses: { 200: ModelChangeView },
    handle: ({ backend, body, principal }) => needService(backend.services, 'models').change(body, principal),
  }),
];
