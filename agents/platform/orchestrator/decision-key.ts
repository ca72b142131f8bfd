/** Who a decision is: its id from tenant and idempotency key, its digest from what it says. */
import { decisionDigest, decisionIdOf } from '../../../contracts/ledger/signing.ts';
import type { Decision, DecisionRequest } from '../../../contracts/messages/decision.ts';
import { TenantId } from '../../../contracts/messages/ids.ts';
import type { Random } from '../../../runtime/kernel/clock.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { freezeDeep } from '../../../runtime/kernel/frozen.ts';

/**
 * The decision that a request stands for.
 *
 * With an idempotency key, tenant and key alone make the id: sending it again is the same decision. Without
 * one, the id comes from the digest and 128 random bits: sending the same body again is another attempt,
 * which is linked to the first, and not a way to read it.
 * @throws ZodError (a programmer's error) for a tenant that the gate should have refused
 */
export function identify(request: DecisionRequest, tenant: string, random: Random): Decision {
  // A copy, so that the caller cannot change what was judged; it also drops fields that are undefined.
  const own = freezeDeep(JSON.parse(JSON.stringify(request)) as DecisionRequest);
  const digest = decisionDigest(own, sha256);
  const key =
    own.idempotencyKey === undefined ? `auto:${digest}:${nonce(random)}` : `key:${own.idempotencyKey}`;
  return { decisionId: decisionIdOf(TenantId.parse(tenant), key, sha256), tenant, digest, request: own };
}

function nonce(random: Random): string {
  return Array.from({ length: 4 }, () => random.uint32().toString(16).padStart(8, '0')).join('');
}
