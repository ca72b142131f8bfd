/** The same key with the same payload is the same decision and the same verdict. */
import { loggedDecisions, termsOf } from '../../world/history.ts';
import type { RunInvariant } from '../invariant.ts';

/** All accepted submissions of one tenant and key name one decision, and all their verdicts are one. */
export const sameKeySameDecision: RunInvariant = {
  name: 'same-key-same-decision',
  check({ history }) {
    const byKey = new Map<string, { ids: Set<string>; verdicts: Set<string> }>();
    const recorded = new Map(
      loggedDecisions(history).map((one) => [one.decisionId, termsOf(one).decisionDigest]),
    );
    const wrong: string[] = [];
    for (const { tenant, key, decisionId, verdict, digest, errorCode, isProbe } of history.submissions) {
      const name = `${tenant}/${key}`;
      const seen = byKey.get(name) ?? { ids: new Set(), verdicts: new Set() };
      byKey.set(name, seen);
      if (decisionId !== undefined) seen.ids.add(decisionId);
      if (verdict) seen.verdicts.add(verdict.signature);
      const [known] = seen.ids;
      const isOwn = known !== undefined && recorded.get(known) === digest;
      if (isProbe && isOwn && errorCode === 'conflict') wrong.push(`${name}: its own payload is a conflict`);
    }
    for (const [name, { ids, verdicts }] of byKey) {
      if (ids.size > 1) wrong.push(`${name} is ${ids.size} decisions`);
      if (verdicts.size > 1) wrong.push(`${name} got ${verdicts.size} verdicts`);
    }
    return wrong;
  },
};
