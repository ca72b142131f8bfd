/** Endpoints of long-term storage and backups. */
import {
  ArchiveRunRequest,
  ArchiveRunView,
  ArchiveStatusView,
} from '../../../contracts/messages/door/archive.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import { needService } from '../../door/services.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

/** Endpoints of long-term storage and backups. */
export const archiveRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/archive/status',
    operation: 'archive.status',
    operationId: 'readArchiveStatus',
    summary: 'Says how long-term storage, its replica and backups stand',
    responses: { 200: ArchiveStatusView },
    handle: ({ backend, principal }) => needService(backend.services, 'archive').status(principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/archive/run',
    operation: 'archive.run',
    operationId: 'runArchive',
    summary: 'Writes a batch, brings the replica up to date, or makes a backup, now',
    body: ArchiveRunRequest,
    parseBody: (value) => parseMessage(ArchiveRunRequest, value ?? {}),
    responses: { 200: ArchiveRunView },
    handle: ({ backend, body, principal }) => needService(backend.services, 'archive').run(body, principal),
  }),
];
