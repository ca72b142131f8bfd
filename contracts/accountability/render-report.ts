/** A report of an investigation as Markdown. */
import type { InvestigationReport } from '../messages/accountability/investigation.ts';

/** Text of a report. */
export function reportMarkdown(report: InvestigationReport): string {
  const { investigation, log, decisions, timeline, parties, factors } = report;
  const { id, state, reason, opened_by, opened_at, notes, conclusion, closed_by, closed_at } = investigation;
  const lines = [
    `# Investigation ${id}`,
    '',
    `State: ${state}. Opened by ${cell(opened_by)} at ${opened_at}.`,
    `Made from the log ${log.id} at ${log.size} entries; the same log gives the same report.`,
    '',
    '## Reason',
    '',
    quoted(reason),
    '',
    '## Decisions',
    '',
    ...table(
      ['decision', 'type', 'outcome', 'decided by'],
      decisions.map((one) => Object.values(one)),
    ),
    '',
    '## Timeline',
    '',
    ...table(
      ['entry', 'time', 'who', 'what', 'decision'],
      timeline.map((item) => [
        `#${item.index}`,
        item.timestamp,
        item.actor,
        item.relation === 'around' ? `(around) ${item.summary}` : item.summary,
        item.decision_id?.slice(0, 9) ?? '',
      ]),
    ),
    '',
    '## Parties',
    '',
    ...table(
      ['who', 'kind', 'acts'],
      parties.map((party) => [party.id, party.type, party.acts.join('; ')]),
    ),
    '',
    '## Contributing factors',
    '',
    ...(factors.length === 0 ? ['No rule found any.'] : []),
    ...factors.flatMap((factor) => [
      `- **${factor.rule}** (${factor.weight}): ${cell(factor.finding)}` +
        ` — entries ${factor.records.map((index) => `#${index}`).join(', ')}`,
      `  - Why it is looked at: ${factor.reason}`,
    ]),
    '',
    '## Notes',
    '',
    ...(notes.length === 0 ? ['None.'] : []),
    ...notes.flatMap(({ by, at, text }) => [`${at}, ${cell(by)}:`, '', quoted(text), '']),
    '',
    '## Conclusion',
    '',
    conclusion === null ? 'None yet.' : quoted(conclusion),
    ...(closed_by === null ? [] : ['', `Closed by ${cell(closed_by)} at ${closed_at ?? ''}.`]),
    '',
  ];
  return lines.join('\n');
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)];
}

/** Text of others within a line: it can neither leave its cell nor be read as a link or markup. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|]/g, (sign) => `\\${sign}`);
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${cell(line)}`)
    .join('\n');
}
