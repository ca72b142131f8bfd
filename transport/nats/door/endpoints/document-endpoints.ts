/** The description of the door, asked of the door itself. */
import { z } from 'zod';
import { asyncApiDocument } from '../document/asyncapi.ts';
import { Nothing } from './decision-endpoints.ts';
import { unary } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';

/** Endpoint that answers with the AsyncAPI document of `described`; it is made at the first request. */
export function documentEndpoints(described: readonly Endpoint[]): readonly Endpoint[] {
  let document: object | undefined;
  const own: Endpoint = unary({
    operation: 'document.read',
    request: Nothing,
    response: z.looseObject({ asyncapi: z.string() }),
    handle: () => (document ??= asyncApiDocument([...described, own], '')),
  });
  return [own];
}
