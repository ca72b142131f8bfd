/** Proof of a decision for a reader who may see it: records, what they seal, or the entry that says it is gone. */
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionProof } from '../../../contracts/messages/decision-proof.ts';
import { FinalPayload } from '../../../contracts/messages/final.ts';
import type { DecisionId } from '../../../contracts/messages/ids.ts';
import type { DecisionDisclosure, SealedOpened } from '../../../contracts/messages/privacy/sealed-record.ts';
import { OpenedPayload } from '../../../contracts/messages/session.ts';
import type { LedgerEntry, LedgerPort } from '../../kernel/ports/ledger.ts';
import { readRecorded } from './decision-view.ts';

/** What a proof is read from. */
export interface ProofSource {
  readonly ledger: LedgerPort;
  /** Position of the entry that says that one of these keys was destroyed; absent: nothing is erased here. */
  readonly erasureOf?: ((keyIds: readonly string[]) => Promise<number | undefined>) | undefined;
}

/** Proof of a decision. @throws not_found, also while it is open */
export async function readProof(
  { ledger, erasureOf }: ProofSource,
  decisionId: DecisionId,
  tenant: string,
): Promise<DecisionProof> {
  const { opened, final, resolutions } = await readRecorded(ledger, decisionId, tenant);
  if (!final) {
    throw new WitanError('not_found', `the decision ${decisionId} is still open`, {
      path: 'decisionId',
      expected: 'a decided one',
    });
  }
  const payload = OpenedPayload.parse(opened.payload);
  const disclosure = disclosureOf(payload, final);
  const erasedAt = payload.input === 'erased' ? await erasureOf?.(sealedKeyIds(opened)) : undefined;
  return {
    format: 'witan-decision-proof/1',
    opened: await ledger.proof(opened.index),
    final: await ledger.proof(final.index),
    resolutions: await Promise.all(resolutions.map((entry) => ledger.proof(entry.index))),
    ...(disclosure && { disclosure }),
    ...(erasedAt !== undefined && { erasure: await ledger.proof(erasedAt) }),
  };
}

function disclosureOf({ salt, request }: OpenedPayload, final: LedgerEntry): DecisionDisclosure | undefined {
  if (salt === undefined) return undefined;
  const { ballots, superseded } = FinalPayload.parse(final.payload);
  const evidence = [...ballots, ...superseded].map((ballot) => ({
    items: ballot.evidence.map(({ reasons, spans }) => ({ reasons, spans })),
  }));
  return { request, salt, evidence };
}

/** Keys that the recorded entry names. */
function sealedKeyIds({ canonical }: LedgerEntry): readonly string[] {
  const { payload } = JSON.parse(canonical) as { readonly payload: Partial<SealedOpened> };
  return payload.sealed?.keyId.split('+') ?? [];
}
