/** What was in place to oversee a decision, said in sentences that the record bears out. */
import type { DecisionFacts } from '../decision-facts.ts';

/** Sentences about the oversight of one decision. Pure. */
export function oversightOf({ opened, final, resolutions }: DecisionFacts): string[] {
  const { terms } = opened.payload;
  const vetoSeats = terms.roster.filter(({ vetoes }) => vetoes).map(({ seat }) => seat);
  const said = [
    `Approval needs ${percent(terms.thresholdBp)} of the weight of ${terms.roster.length} seats, ` +
      `with ${percent(terms.quorumBp)} taking part.`,
  ];
  if (vetoSeats.length > 0) said.push(`These seats may veto: ${vetoSeats.join(', ')}.`);
  if (!final) return [...said, 'Nothing is decided yet.'];
  const { decidedBy, outcome, heldReason, rounds } = final.payload.body;
  said.push(`Decided by ${decidedBy}${rounds > 0 ? ` in ${rounds} round${rounds > 1 ? 's' : ''}` : ''}.`);
  if (outcome === 'held') {
    const waits = resolutions.length === 0 ? 'it waits for a person' : 'a person has looked at it';
    said.push(`Held (${heldReason ?? 'no reason'}): ${waits}.`);
  } else if (resolutions.length === 0) {
    said.push('No person has reviewed it: its rules did not ask for one.');
  }
  for (const { payload } of resolutions) {
    said.push(`Reviewed by ${payload.by} at ${payload.at}: ${payload.action}.`);
  }
  return said;
}

function percent(bp: number): string {
  return `${bp / 100} %`;
}
