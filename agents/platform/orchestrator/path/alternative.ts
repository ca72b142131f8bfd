/** What to do instead of a rejected or held output, from the codes of the evidence: pure (ORC-08). */
import {
  ALTERNATIVE_ACTIONS,
  DISTRESS_CODES,
  HAND_OFF_TEXT,
  HELD_TEXT,
  REJECTED_TEXT,
} from '../../../../config/alternatives.ts';
import type { Alternative, HeldReason, Outcome } from '../../../../contracts/messages/verdict.ts';

/** What an alternative is made from. */
export interface AlternativeBasis {
  readonly outcome: Outcome;
  readonly heldReason: HeldReason | null;
  /** Codes of findings, of checks and ballots, in the order of their seats. */
  readonly codes: readonly string[];
}

const MAX_ACTIONS = 40;

const HELD_ACTIONS: Readonly<Record<HeldReason, string>> = {
  quorum: 'Try again when enough seats take part, or let a person decide.',
  undecided: 'Let a person decide: the council could not.',
  'strict-value': 'Let a person decide: approvals rest on seats that recommend otherwise.',
  veto: 'Let a person look at the finding of the seat that vetoed.',
  'veto-seat-absent': 'Try again when the seats that may veto take part.',
  'provider-concentration': 'Let a person decide, or judge again with evaluators of another origin.',
  'policy-review': 'Let a person review the decision, as the policy asks.',
  'policy-error': 'Try again when the policy can be evaluated.',
  deadline: 'Try again with more time, or let a person decide.',
  'session-lost': 'Submit the decision again: its session ended before a verdict.',
  'evaluation-failed': 'Try again when the failed part is back, or let a person decide.',
};

/**
 * Alternative of a decision, or null for an approval without distress. The hand-off text is attached whenever
 * a code shows a person in distress, also to an approval.
 */
export function alternativeFor(basis: AlternativeBasis): Alternative | null {
  const handOff = basis.codes.some(isDistress) ? HAND_OFF_TEXT : null;
  if (basis.outcome === 'approved') return handOff === null ? null : { text: '', actions: [], handOff };
  const actions = new Set<string>();
  if (basis.heldReason !== null) actions.add(HELD_ACTIONS[basis.heldReason]);
  for (const code of basis.codes) {
    const action = actionOf(code);
    if (action !== undefined) actions.add(action);
  }
  if (actions.size === 0) actions.add('Let a person decide, and say what changed before trying again.');
  const text = basis.outcome === 'rejected' ? REJECTED_TEXT : HELD_TEXT;
  return { text, actions: [...actions].slice(0, MAX_ACTIONS), handOff };
}

/** Whether a finding's code shows a person in distress. */
export function isDistress(code: string): boolean {
  return DISTRESS_CODES.some((prefix) => startsWithCode(code, prefix));
}

function actionOf(code: string): string | undefined {
  const fitting = ALTERNATIVE_ACTIONS.filter(({ prefix }) => startsWithCode(code, prefix));
  return fitting.sort((left, right) => right.prefix.length - left.prefix.length)[0]?.action;
}

function startsWithCode(code: string, prefix: string): boolean {
  return code === prefix || code.startsWith(`${prefix}.`);
}
