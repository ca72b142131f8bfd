/** Every endpoint of the NATS door. */
import { decisionEndpoints } from './decision-endpoints.ts';
import { documentEndpoints } from './document-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { keyEndpoints } from './key-endpoints.ts';
import { operatorEndpoints } from './operator-endpoints.ts';
import { streamEndpoints } from './stream-endpoints.ts';

/** Endpoints that the document describes. */
const DESCRIBED: readonly Endpoint[] = [
  ...decisionEndpoints,
  ...streamEndpoints,
  ...operatorEndpoints,
  ...keyEndpoints,
];

/** One for each operation that the door offers. */
export const NATS_ENDPOINTS: readonly Endpoint[] = [...DESCRIBED, ...documentEndpoints(DESCRIBED)];

/** Name of an endpoint as NATS services have it: letters, digits and `-`. */
export function endpointName({ operation }: Endpoint): string {
  return operation.replaceAll('.', '-');
}
