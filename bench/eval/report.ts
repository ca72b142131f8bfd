/** The section of docs/measured.md that `npm run eval -- --write` replaces. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { DetectorId } from '../../agents/inference/detectors/detector.ts';
import type { IdentityGap } from './identity-gap.ts';
import type { Share, SourceFigures } from './source-figures.ts';

/** Figures of one detector on one source. */
export interface EvalResult extends SourceFigures {
  readonly detector: DetectorId;
  readonly source: string;
  readonly isTrainedOn: boolean;
}

const BEGIN = '<!-- eval: begin -->';
const END = '<!-- eval: end -->';

/** The section as Markdown. */
export function markdownOf(results: readonly EvalResult[], gap: IdentityGap): string {
  const lines = [
    '## Trained detectors',
    '',
    '`npm run eval -- --write` writes this section. Recall, precision and false alarms at the shipped',
    'threshold, which admits 1 % of the visible harmless rows of sources that were held out (10 % for',
    'grounding). *seen*: the shipped weights were trained on rows of this source, so the figure flatters;',
    '*held out*: nothing shipped rests on it.',
    `95 % intervals (Wilson) in brackets. ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}.`,
    '',
    '| detector | source | | n | AUC | precision | recall | false alarms | ECE | p50 / p95 ms |',
    '|---|---|---|--:|--:|--:|---|---|--:|--:|',
    ...results.map(rowOf),
    '',
    `Gap of false alarms between any two of ${gap.groups} groups of people, over the same harmless`,
    `sentences (${gap.sentences} in all): toxicity ${gap.toxicity.toFixed(2)}, bias ${gap.bias.toFixed(2)} ` +
      '(aim ≤ 0.20).',
  ];
  return lines.join('\n');
}

/** Replaces the section between its marks, or adds it at the end. */
export function writeSection(markdown: string): void {
  const file = join(import.meta.dirname, '../../docs/measured.md').replace('/dist/docs/', '/docs/');
  const before = readFileSync(file, 'utf8');
  const section = `${BEGIN}\n\n${markdown}\n\n${END}\n`;
  const from = before.indexOf(BEGIN);
  const to = before.indexOf(END);
  const after =
    from < 0 || to < from
      ? `${before.trimEnd()}\n\n${section}`
      : `${before.slice(0, from)}${section}${before.slice(to + END.length).replace(/^\n/, '')}`;
  writeFileSync(file, after);
}

function rowOf(result: EvalResult): string {
  const { detector, source, isTrainedOn, n, auc, precision, recall, falseAlarm, ece } = result;
  return (
    `| ${detector} | ${source} | ${isTrainedOn ? 'seen' : 'held out'} | ${n} | ${auc?.toFixed(3) ?? '–'} ` +
    `| ${precision === null ? '–' : percent(precision)} | ${shareText(recall)} | ${shareText(falseAlarm)} ` +
    `| ${ece.toFixed(2)} | ${result.p50Ms.toFixed(2)} / ${result.p95Ms.toFixed(2)} |`
  );
}

function shareText(share: Share | null): string {
  if (share === null) return '–';
  const bound = (value: number): string => (100 * value).toFixed(1);
  return `${percent(share.value)} [${bound(share.low)}, ${bound(share.high)}]`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
