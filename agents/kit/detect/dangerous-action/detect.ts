/** Finds dangerous commands in one text. */
import { viewsOf } from '../../text/index.ts';
import { CATALOGUE, taggedReadingsOf } from '../catalogue.ts';
import type { Finding } from '../finding.ts';
import { RuleSet } from '../rule-set.ts';
import { DANGEROUS_PATTERNS } from './patterns.ts';
import { SWEEPING_RULES } from './rules.ts';

const sweeping = new RuleSet(SWEEPING_RULES, CATALOGUE);

/** Texts are searched up to here, in UTF-16 units. */
const MAX_LENGTH = 200_000;
const COULD_BE_COMMAND = /[/\\|(){}=>;:$-]|\b(?:drop|delete|truncate|format|mimikatz)\b/i;

/** Findings `action.*` of a text, strongest first; decoded readings are searched too. Linear. */
export function detectDangerousAction(text: string): readonly Finding[] {
  const best = new Map<string, Finding>();
  for (const finding of sweeping.judge(taggedReadingsOf(text))) best.set(finding.code, finding);
  if (COULD_BE_COMMAND.test(text)) searchCommands(text, best);
  return [...best.values()].sort((a, b) => b.severity - a.severity);
}

function searchCommands(text: string, best: Map<string, Finding>): void {
  const search = (content: string, span?: { start: number; end: number }): void => {
    for (const { code, severity, pattern, reason } of DANGEROUS_PATTERNS) {
      const match = pattern.exec(content);
      if (!match || (best.get(code)?.severity ?? 0) >= severity) continue;
      best.set(code, {
        code,
        severity,
        reason,
        span: span ?? { start: match.index, end: match.index + match[0].length },
      });
    }
  };
  const bounded = text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) : text;
  search(bounded);
  for (const view of viewsOf(text)) {
    if (/base64|hex|percent|escape|entity|decimal|binary/.test(view.name))
      search(view.text, { start: 0, end: text.length });
  }
}
