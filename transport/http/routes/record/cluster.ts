/** Endpoints of a cluster, as the asked node sees it. */
import { ScaleAdvice } from '../../../../contracts/messages/cluster/load.ts';
import {
  ClusterDrainView,
  ClusterShardsView,
  ClusterView,
  DeadLetterContentView,
  DeadLetterName,
  DeadLettersView,
} from '../../../../contracts/messages/door/cluster.ts';
import { needService } from '../../../door/services.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';

/** Endpoints of a cluster. */
export const clusterRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/cluster',
    operation: 'cluster.read',
    operationId: 'readCluster',
    summary: 'Gives members, shards, singletons and the writer of the record',
    responses: { 200: ClusterView },
    handle: ({ backend, principal }) => needService(backend.services, 'cluster').status(principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/cluster/shards',
    operation: 'cluster.read',
    operationId: 'readClusterShards',
    summary: 'Gives the owner of each shard of decisions',
    responses: { 200: ClusterShardsView },
    handle: ({ backend, principal }) => needService(backend.services, 'cluster').shards(principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/cluster/advice',
    operation: 'cluster.read',
    operationId: 'readScaleAdvice',
    summary: 'Says how many nodes there should be by their load, and how each trigger stands',
    responses: { 200: ScaleAdvice },
    handle: ({ backend, principal }) => needService(backend.services, 'cluster').advice(principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/cluster/drain',
    operation: 'cluster.drain',
    operationId: 'drainNode',
    summary: 'Hands over what this node owns; answered when it decides nothing any more',
    responses: { 200: ClusterDrainView },
    handle: ({ backend, principal }) => needService(backend.services, 'cluster').drain(principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/cluster/dead-letters',
    operation: 'cluster.dead-letters',
    operationId: 'listClusterDeadLetters',
    summary: 'Lists messages between nodes that were given up, and what waits in each queue',
    responses: { 200: DeadLettersView },
    handle: ({ backend, principal }) => needService(backend.services, 'cluster').deadLetters(principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/cluster/dead-letters/:queue/:id',
    operation: 'cluster.dead-letter',
    operationId: 'readClusterDeadLetter',
    summary: 'Shows one of them with its content',
    params: DeadLetterName,
    responses: { 200: DeadLetterContentView },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'cluster').deadLetter(params, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/cluster/dead-letters/:queue/:id/replay',
    operation: 'cluster.replay',
    operationId: 'replayClusterDeadLetter',
    summary: 'Sends it again; what took effect before takes none again',
    params: DeadLetterName,
    responses: { 200: DeadLetterName },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'cluster').replayDeadLetter(params, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/cluster/dead-letters/:queue/:id/drop',
    operation: 'cluster.drop',
    operationId: 'dropClusterDeadLetter',
    summary: 'Removes it for good',
    params: DeadLetterName,
    responses: { 200: DeadLetterName },
    handle: ({ backend, params, principal }) =>
      needService(backend.services, 'cluster').dropDeadLetter(params, principal),
  }),
];
