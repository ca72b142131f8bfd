/** Records that stand in the words of a decision instead of its context: notices, limits, ways to appeal. */
import type { RecordName } from '../../../../config/decision-types.ts';
import type { Decision } from '../../../../contracts/messages/decision.ts';
import { segmentsOf } from '../../segments.ts';
import type { Fact } from './facts.ts';

/** Wordings by record; only records whose presence is a matter of wording. */
export const STATED_WORDINGS: readonly (readonly [RecordName, RegExp])[] = [
  [
    'disclosure',
    /\b(?:(?:made|assisted|supported|prepared|generated|produced|written|scored|recommended) (?:in part |partly )?(?:by|with)(?: the help of)? (?:an? )?(?:ai|artificial intelligence|automated|algorithm|machine learning|computer model|language model)|automated (?:system|decision|processing|tool)|(?:i am|i'm|this is|you are (?:talking|speaking|chatting) (?:to|with)) an? (?:ai|artificial|automated|virtual)|ai (?:assistant|system|tool) (?:was|is|has been) (?:used|involved))\b/i,
  ],
  [
    'limits',
    /\b(?:may (?:be (?:wrong|inaccurate|incomplete)|contain errors)|not (?:a substitute for|(?:medical|legal|financial) advice)|limitations?|uncertain(?:ty)?|margin of error|confidence (?:of|interval|level)|cannot (?:determine|verify|assess|rule out)|contraindicat(?:ed|ions?)|error rate)\b/i,
  ],
  [
    'appeal',
    /\b(?:(?:you|applicants?|customers?|users?|claimants?|patients?) (?:may|can|have the right to) (?:appeal|contest|object|request (?:a |an )?(?:human )?re(?:view|consideration))|right (?:to|of) (?:appeal|contest|object|reconsideration|redress)|to appeal|appeal (?:within|to|by|at|process|form)|request a (?:human )?review)\b/i,
  ],
  [
    'adverse-reasons',
    /\b(?:(?:principal|main|specific) reasons?|reasons? (?:for|of) (?:the |this |our |your )?(?:denial|decision|rejection|refusal)|because (?:of )?(?:your|the|his|her|their|an?|income|credit|debt)|due to (?:your|the|an?|insufficient|high|low))\b/i,
  ],
  [
    'reason',
    /\b(?:because|due to|reasons?(?: are| is|:)|on the grounds? (?:of|that)|based on|in order to)\b/i,
  ],
];

const TEXT_LIMIT = 20_000;
const memo = new WeakMap<Decision, ReadonlyMap<RecordName, Fact>>();

/** Records found in texts and messages (not in retrieved or tool text), with the place; memoised. */
export function statedRecords(decision: Decision): ReadonlyMap<RecordName, Fact> {
  const known = memo.get(decision);
  if (known) return known;
  const found = new Map<RecordName, Fact>();
  for (const { field, origin, text } of segmentsOf(decision)) {
    if (origin === 'retrieved' || origin === 'tool' || field.startsWith('context.')) continue;
    for (const [record, wording] of STATED_WORDINGS) {
      if (found.has(record)) continue;
      const match = wording.exec(text.slice(0, TEXT_LIMIT));
      if (match) found.set(record, { path: field, value: match[0], basis: 'asserted', denied: false });
    }
  }
  memo.set(decision, found);
  return found;
}
