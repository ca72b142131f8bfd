/** Who a decision is: its id from tenant and idempotency key, its digest from what it says. */
import { WitanError } from '../../../contracts/errors.ts';
import { decisionDigest, decisionIdOf } from '../../../contracts/ledger/signing.ts';
import type { Decision, DecisionRequest } from '../../../contracts/messages/decision.ts';
import { TenantId } from '../../../contracts/messages/ids.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { Random } from '../../../runtime/kernel/clock.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { freezeDeep } from '../../../runtime/kernel/frozen.ts';

/** Draws of an id after which a node is taken to own too little to find one of its own. */
const MAX_DRAWS = 4_096;

/**
 * The decision that a request stands for.
 *
 * With an idempotency key, tenant and key alone make the id: sending it again is the same decision. Without
 * one, the id comes from the digest and 128 random bits: sending the same body again is another attempt,
 * which is linked to the first, and not a way to read it.
 * @param isWanted Where several nodes decide: whether this one decides it. Ids without a key are drawn
 * until so.
 * @throws ZodError (a programmer's error) for a tenant that the gate should have refused; unavailable when no
 *   wanted id is found
 */
export function identify(request: DecisionRequest, tenant: string, { random, isWanted }: IdSource): Decision {
  // A copy, so that the caller cannot change what was judged; it also drops fields that are undefined.
  const own = freezeDeep(JSON.parse(JSON.stringify(request)) as DecisionRequest);
  const digest = decisionDigest(own, sha256);
  const idOf = (key: string): DecisionId => decisionIdOf(TenantId.parse(tenant), key, sha256);
  const drawn = (): DecisionId => idOf(`auto:${digest}:${nonce(random)}`);
  const { idempotencyKey } = own;
  const decisionId = idempotencyKey === undefined ? wanted(drawn, isWanted) : idOf(`key:${idempotencyKey}`);
  // Frozen whole: it is known by its object wherever it goes, and written once for all who are asked.
  return freezeDeep({ decisionId, tenant, digest, request: own });
}

/** Where ids come from. */
export interface IdSource {
  readonly random: Random;
  readonly isWanted?: ((decisionId: DecisionId) => boolean) | undefined;
}

function wanted(draw: () => DecisionId, isWanted: IdSource['isWanted']): DecisionId {
  if (!isWanted) return draw();
  for (let count = 0; count < MAX_DRAWS; count += 1) {
    const decisionId = draw();
    if (isWanted(decisionId)) return decisionId;
  }
  throw new WitanError('unavailable', 'this node decides nothing now', { moved: true });
}

function nonce(random: Random): string {
  return Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, '0')).join('');
}
