/** Endpoints of the anchor: how it stands, anchor now, receipts. */
import { z } from 'zod';
import { AnchorReceipt, AnchorStatus } from '../../../../contracts/messages/anchor.ts';
import { needService } from '../../../door/services.ts';
import { route } from '../../route.ts';
import type { Route } from '../../route.ts';
import { EntryParams, placeOf } from './place-of.ts';

const ReceiptQuery = z.strictObject({
  /** Name of a chain; absent: the first that has a receipt. */
  chain: z.string().max(40).optional(),
});

/** Endpoints of the anchor. */
export const anchorRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/anchor/status',
    operation: 'anchor.status',
    operationId: 'readAnchorStatus',
    summary: 'Says how the log is anchored on each chain: sizes, transactions, cost, what is in the way',
    responses: { 200: AnchorStatus },
    handle: ({ backend, principal }) => needService(backend.services, 'anchor').status(principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/anchor/now',
    operation: 'anchor.now',
    operationId: 'anchorNow',
    summary: 'Closes a batch of what waits, on every chain; answers before it is sent',
    responses: { 200: AnchorStatus },
    handle: ({ backend, principal }) => needService(backend.services, 'anchor').now(principal),
  }),
  route({
    method: 'GET',
    url: '/api/v1/anchor/receipts/:of',
    operation: 'anchor.receipt',
    operationId: 'readAnchorReceipt',
    summary: 'Gives the receipt of the anchor that covers an entry or the verdict of a decision',
    params: EntryParams,
    query: ReceiptQuery,
    responses: { 200: AnchorReceipt },
    handle: ({ backend, params, query, principal }) =>
      needService(backend.services, 'anchor').receipt(placeOf(params), principal, query.chain),
  }),
];
