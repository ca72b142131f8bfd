/** Wordings that hide the use of AI, its limits or the sponsor from the people concerned. */
import type { Decision } from '../../../../contracts/messages/decision.ts';
import type { Finding } from '../record/rule-evaluator.ts';
import { textFindings } from '../record/text-rules.ts';
import type { TextRule } from '../record/text-rules.ts';

/** Rules of concealment; each is a request or a plan, not a mention. */
export const CONCEALMENT_RULES: readonly TextRule[] = [
  {
    code: 'transparency.claims-to-be-human',
    scoreBp: 1_000,
    reason: 'The assistant says that it is a human being.',
    wording: /\b(?:i am|i'm) (?:a real|an actual|a) (?:human(?: being)?|person)\b(?!.{0,20}\?)/i,
    unless: /\bnot (?:a real|an actual|a) (?:human|person)|\bmy name\b/i,
    origins: ['assistant'],
  },
  {
    code: 'transparency.concealed-ai',
    scoreBp: 1_500,
    reason: 'The use of AI is to be hidden from the people concerned.',
    wording:
      /\b(?:do(?: not|n't)|never|without|avoid) (?:tell(?:ing)?|inform(?:ing)?|disclos(?:e|ing)|reveal(?:ing)?|mention(?:ing)?|let(?:ting)?)[^.?!\n]{0,40}\b(?:it(?:'s| is| was)|that|they(?:'re| are)|you(?:'re| are)|talking to|use of|using|know)[^.?!\n]{0,30}\b(?:ai|a bot|a chatbot|artificial intelligence|algorithm|machine|automated)\b/i,
    critical: true,
  },
  {
    code: 'transparency.hidden-sponsor',
    scoreBp: 3_000,
    reason: 'A sponsor or paid origin is to be hidden.',
    wording:
      /\b(?:undisclosed|hidden|secret(?:ly)?) (?:sponsor(?:ed|ship)?|advertis(?:ing|ement)|paid (?:promotion|endorsement))|\b(?:fake|fabricated?|invent(?:ed)?) (?:customer |product |user |online |positive |negative |5-star |five-star )?(?:reviews|testimonials|endorsements)\b/i,
    unless: /\b(?:detect|spot|identify|report|avoid|flag|recogni[sz]e|combat|fight|stop)\b/i,
  },
];

/** Findings of concealment in the texts of a decision. */
export function concealmentFindings(decision: Decision): readonly Finding[] {
  return textFindings(decision, CONCEALMENT_RULES);
}
