/** The rules of a session that opens now: roster with keys, weights, thresholds, policy, evaluators. */
import type { FeatureFlagValues } from '../../../config/feature-flags.ts';
import type { Settings } from '../../../config/schema.ts';
import { aggregateKeysDigest } from '../../../contracts/ledger/aggregate/check-aggregate.ts';
import { toHex } from '../../../contracts/ledger/bytes.ts';
import type { Decision } from '../../../contracts/messages/decision.ts';
import type { SeatCard } from '../../../contracts/messages/events.ts';
import type { KeyId } from '../../../contracts/messages/ids.ts';
import type { FrozenSeat, SeatKey, SessionTerms } from '../../../contracts/messages/session.ts';
import { sha256 } from '../../kernel/crypto/digest.ts';
import { evaluatorRef } from '../../kernel/ports/evaluator.ts';
import type { Evaluator } from '../../kernel/ports/evaluator.ts';
import type { KeysPort } from '../../kernel/ports/keys.ts';
import type { PolicyPort } from '../../kernel/ports/policy.ts';
import type { SeatedPlan } from './council-plans.ts';

/** Where the terms come from. */
export interface TermsSource {
  readonly council: Settings['council'];
  readonly seats: readonly SeatedPlan[];
  readonly keys: KeysPort;
  readonly policy: Pick<PolicyPort, 'current'>;
  readonly checkEvaluators: readonly Evaluator[];
  flags(): Readonly<FeatureFlagValues>;
  /** Keys of a seat on the other nodes of the cluster; absent: there are none. */
  readonly othersOf?: ((seat: FrozenSeat) => readonly SeatKey[]) | undefined;
}

/** Terms of one decision under what is in force at this moment. */
export function freezeTerms(decision: Decision, source: TermsSource): SessionTerms {
  const { council, seats, keys, policy, checkEvaluators } = source;
  const flags = source.flags();
  const { revision, constitutionHash } = policy.current();
  return {
    decisionId: decision.decisionId,
    decisionDigest: decision.digest,
    tenant: decision.tenant,
    roster: seats.map((seat) => withOthers(frozenSeat(seat, keys, flags.vetoes), source)),
    thresholdBp: council.thresholdBp,
    quorumBp: council.quorumBp,
    tallyForm: council.tallyForm,
    maxRounds: flags.secondRound ? council.maxRounds : 1,
    remoteFamilies: [...council.remoteFamilies].sort(),
    providerShareMaxBp: council.providerShareMaxBp,
    policyRevision: revision,
    constitutionHash,
    checks: checkEvaluators.map(evaluatorRef),
    ...aggregateKeys(seats, keys),
  };
}

function frozenSeat({ entry, plan }: SeatedPlan, keys: KeysPort, withVetoes: boolean): FrozenSeat {
  const key = keys.active(`seat/${plan.seat}`);
  return {
    seat: plan.seat,
    weightBp: entry.weightBp,
    publicKey: toHex(key.publicKey),
    keyId: key.keyId as KeyId,
    vetoes: withVetoes && entry.vetoes,
    evaluators: plan.evaluators.map(evaluatorRef),
    calibration: plan.calibration.id,
  };
}

function withOthers(seat: FrozenSeat, { othersOf }: TermsSource): FrozenSeat {
  const otherKeys = othersOf?.(seat) ?? [];
  return otherKeys.length === 0 ? seat : { ...seat, otherKeys: [...otherKeys] };
}

/** Nothing while a seat's new key has no BLS half yet: the record then says so at the end. */
function aggregateKeys(
  seats: readonly SeatedPlan[],
  keys: KeysPort,
): Pick<SessionTerms, 'aggregateKeys'> | undefined {
  if (!keys.aggregate) return undefined;
  const halves = seats.flatMap(({ plan }) => keys.active(`seat/${plan.seat}`).aggregate ?? []);
  if (halves.length < seats.length) return undefined;
  const publicKeys = halves.map(({ publicKey }) => toHex(publicKey));
  return { aggregateKeys: aggregateKeysDigest(publicKeys, sha256) };
}

/** Seats of frozen terms as viewers draw them. */
export function seatCards(terms: SessionTerms, seats: readonly SeatedPlan[]): readonly SeatCard[] {
  return terms.roster.map(({ seat, weightBp, vetoes }) => {
    const plan = seats.find((candidate) => candidate.plan.seat === seat)?.plan;
    return { seat, weightBp, vetoes, title: plan?.title ?? seat, mandate: plan?.mandate ?? '' };
  });
}
