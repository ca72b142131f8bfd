/** Evaluates the policy: the revision a session froze, or a typed error and nothing. */
import { PolicyBundle } from '../../../config/policies/rule.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { parseMessage } from '../../../contracts/parse-message.ts';
import { digestOf } from '../../../runtime/kernel/crypto/digest.ts';
import type { FrozenPolicy, PolicyAnswer } from '../../../runtime/kernel/ports/policy.ts';
import { compileRules } from './compile-rules.ts';
import type { CompiledRule } from './compile-rules.ts';

/** Policy of one node. Synchronous: a decision costs microseconds. */
export interface PolicyEngine {
  /**
   * Effect of the strongest rule that applies: deny, then needs review, then allow. No rule at all: needs
   * review.
   * @throws not_supported for a constitution or revision that is not loaded; nothing is evaluated
   */
  evaluate(request: DecisionRequest, frozen?: FrozenPolicy): PolicyAnswer;
  /** Revision in force, for sessions that open now. */
  current(): FrozenPolicy;
  /**
   * Puts a rule set in force for new sessions; replaced ones stay for sessions that froze them.
   * @throws invalid_argument
   */
  publish(bundle: PolicyBundle): FrozenPolicy;
}

interface Loaded extends FrozenPolicy {
  readonly rules: readonly CompiledRule[];
}

const STRENGTH = ['allow', 'needs-review', 'deny'] as const;

/**
 * Engine with `bundle` in force. The revision is the digest of the rule set, the constitution hash that of
 * its name and principles.
 * @param oldRevisionMaxCount Replaced revisions that stay loaded; the oldest go first.
 * @throws invalid_argument
 */
export function createPolicyEngine(bundle: PolicyBundle, oldRevisionMaxCount = 16): PolicyEngine {
  let current = load(bundle);
  const loaded = new Map<string, Loaded>([[current.revision, current]]);
  const find = (frozen: FrozenPolicy): Loaded => {
    const found = loaded.get(frozen.revision);
    if (found?.constitutionHash === frozen.constitutionHash) return found;
    throw new WitanError('not_supported', 'the constitution or revision is not loaded', {
      path: found ? 'constitutionHash' : 'revision',
      expected: found ? found.constitutionHash : 'a loaded revision',
    });
  };
  const inForce = (): FrozenPolicy => ({
    revision: current.revision,
    constitutionHash: current.constitutionHash,
  });
  return {
    current: inForce,
    evaluate: (request, frozen) => answer(frozen ? find(frozen) : current, request),
    publish(next) {
      current = load(next);
      // Deleting first moves a re-published revision to the end, so that it is not the next to go.
      loaded.delete(current.revision);
      loaded.set(current.revision, current);
      if (loaded.size > oldRevisionMaxCount + 1) loaded.delete(loaded.keys().next().value!);
      return inForce();
    },
  };
}

/** Hash of a constitution: its name and principles. */
export function constitutionHashOf(bundle: Pick<PolicyBundle, 'constitution' | 'principles'>): string {
  return digestOf({ constitution: bundle.constitution, principles: bundle.principles });
}

function load(given: PolicyBundle): Loaded {
  const bundle = parseMessage(PolicyBundle, given);
  const seen = new Set<string>();
  for (const { id } of bundle.rules) {
    if (seen.has(id)) {
      throw new WitanError('invalid_argument', `two rules have the id ${id}`, {
        path: 'rules',
        expected: 'ids once each',
      });
    }
    seen.add(id);
  }
  return {
    revision: digestOf(bundle),
    constitutionHash: constitutionHashOf(bundle),
    rules: compileRules(bundle.rules),
  };
}

function answer(policy: Loaded, request: DecisionRequest): PolicyAnswer {
  const applied = policy.rules.filter(({ applies }) => applies(request)).map(({ rule }) => rule);
  const strongest = Math.max(-1, ...applied.map((rule) => STRENGTH.indexOf(rule.effect)));
  // Silence is no permission: a rule set that says nothing about a decision leaves it to a person.
  const effect = strongest < 0 ? 'needs-review' : STRENGTH[strongest]!;
  const deciding = applied.filter((rule) => rule.effect === effect);
  return {
    effect,
    revision: policy.revision,
    rules: deciding.map((rule) => rule.id),
    reasons: deciding.length > 0 ? deciding.map((rule) => rule.reason) : ['No rule speaks of this decision.'],
  };
}
