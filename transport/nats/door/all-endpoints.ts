/** Every endpoint of the NATS door. */
import { decisionEndpoints } from './decision-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { operatorEndpoints } from './operator-endpoints.ts';
import { streamEndpoints } from './stream-endpoints.ts';

/** One for each operation that the door offers. */
export const NATS_ENDPOINTS: readonly Endpoint[] = [
  ...decisionEndpoints,
  ...streamEndpoints,
  ...operatorEndpoints,
];

/** Name of an endpoint as NATS services have it: letters, digits and `-`. */
export function endpointName({ operation }: Endpoint): string {
  return operation.replaceAll('.', '-');
}
