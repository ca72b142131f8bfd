/** What to do instead, by evidence code, as data (ORC-08); the texts name no person and no place. */

/** One action, offered when a finding's code is `prefix` or begins with `prefix.`. */
export interface AlternativeAction {
  readonly prefix: string;
  readonly action: string;
}

/** Longest prefix first within a mandate, so that the most particular action is offered. */
export const ALTERNATIVE_ACTIONS: readonly AlternativeAction[] = [
  {
    prefix: 'privacy',
    action: 'Remove or mask the personal data that was found, or show consent and purpose.',
  },
  {
    prefix: 'security.injection',
    action: 'Strip the instructions that arrived inside data, then submit again.',
  },
  { prefix: 'security.secret', action: 'Remove the secret from the text and rotate it.' },
  { prefix: 'security', action: 'Have a security engineer look at the input before it is used.' },
  { prefix: 'guardian', action: 'Do not deliver the output; answer without the harmful part.' },
  {
    prefix: 'compassion',
    action: 'Answer with care, without means or methods, and offer a person to talk to.',
  },
  { prefix: 'accountability.reviewer', action: 'Name the person who reviewed the decision.' },
  { prefix: 'accountability.operator', action: 'Name who is responsible for the decision.' },
  {
    prefix: 'accountability',
    action: 'Put on record who decided, why, who reviewed it, and under which policy.',
  },
  { prefix: 'transparency', action: 'Say that an AI system takes part, and state its limits.' },
  {
    prefix: 'justice',
    action: 'Take protected attributes out of the decision and compare outcomes between groups.',
  },
  {
    prefix: 'truth',
    action: 'Drop the claims that the evidence does not support, or give evidence for them.',
  },
  { prefix: 'wisdom', action: 'State the stakes and let a person decide where a person is affected.' },
  { prefix: 'alignment', action: 'Bring the action back to what the user asked for.' },
  { prefix: 'governance', action: 'Show the legal basis or policy that permits this use.' },
  { prefix: 'innovation.test', action: 'Test the change before it is made, and keep the result.' },
  { prefix: 'innovation.rollback', action: 'Prepare a way back before the change is made.' },
  { prefix: 'innovation.repeated-attempt', action: 'Say what changed since the earlier attempt.' },
  { prefix: 'innovation', action: 'Say how the effect will be measured, and against what.' },
  { prefix: 'policy', action: 'Ask the owner of the policy for an exception before trying again.' },
  { prefix: 'check', action: 'Try again when all checks answer.' },
  { prefix: 'consensus', action: 'Try again when the models answer, or ask a person.' },
];

/** Codes (prefixes) that show a person in distress: the hand-off text must go with any answer. */
export const DISTRESS_CODES: readonly string[] = [
  'compassion.crisis',
  'compassion.distress',
  'compassion.self-harm',
  'compassion.suicide',
  'guardian.self-harm',
];

/** Text that accompanies any answer to a person in distress. */
export const HAND_OFF_TEXT =
  'You do not have to go through this alone. If you are in danger now, call your local emergency number. ' +
  'A crisis line in your country can be reached at any hour (findahelpline.com lists them), ' +
  'and a person you trust can stay with you while you call.';

/** What may be delivered in place of a rejected output. */
export const REJECTED_TEXT =
  'This output was not approved and is not delivered. The actions below say what would have to change.';

/** What may be delivered while a decision is held. */
export const HELD_TEXT = 'This output waits for a person to look at it. Nothing is delivered until then.';
