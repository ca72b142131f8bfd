/** When a chain's silence is an answer of its own: nothing follows from it, neither presence nor absence. */
import { WitanError } from '../../../../contracts/errors.ts';

// Another chain at the address counts too: nothing that it says is taken for an answer.
const AWAY: readonly string[] = ['unavailable', 'deadline_exceeded', 'conflict', 'not_found', 'internal'];

/** Whether an error says that the chain could not be asked. */
export function isChainAway(error: unknown): boolean {
  return error instanceof WitanError && AWAY.includes(error.code);
}
