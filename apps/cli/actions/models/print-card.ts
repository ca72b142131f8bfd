/** A model card for people: measured and claimed figures in columns of their own. */
import type { ClaimedFigure, ModelCard } from '../../../../contracts/messages/models/card.ts';
import type { ModelFigure } from '../../../../contracts/messages/models/manifest.ts';
import type { Terminal } from '../../terminal.ts';

const NOT_MEASURED = 'not measured';

/** Prints the card. A metric that is only claimed says so where its measurement would stand. */
export function printCard(card: ModelCard, { line, paint }: Terminal): void {
  const over = card.base === undefined ? '' : `; over ${card.base}`;
  line(`${paint('strong', card.title)}  ${card.ref}`);
  line(
    `  ${card.output.meaning}; ${card.output.width} ${card.output.width === 1 ? 'number' : 'numbers'} a text`,
  );
  line(`  ${card.origin}, vouched for by ${card.vouchedBy}${over}`);
  for (const note of card.aliasNotes) line(paint('warn', `  ${note}`));
  line(`  weights: ${card.license.weights}`);
  for (const source of card.license.trainingData) line(`  trained on: ${source}`);
  line(`  made by: ${card.made.by}`);
  line();
  for (const row of figureRows(card)) line(`  ${row}`);
  const sources = new Set(card.claimed.map(({ claimedOf, source }) => `${claimedOf} (${source})`));
  if (sources.size > 0)
    line(paint('soft', `  claimed: of ${[...sources].join('; ')}; nobody measured that here`));
  if (card.limits.length > 0) line('\n  Limits');
  for (const limit of card.limits) line(`  - ${limit}`);
}

/** Rows of the table, its head first. */
export function figureRows({
  measured,
  claimed,
}: Pick<ModelCard, 'measured' | 'claimed'>): readonly string[] {
  const metrics = [...new Set([...measured, ...claimed].map(({ metric }) => metric))];
  const cells = metrics.flatMap((metric) => {
    const here = measured.filter((figure) => figure.metric === metric).map(measuredText);
    const there = claimed.filter((figure) => figure.metric === metric).map(claimedText);
    const count = Math.max(here.length, there.length);
    return Array.from({ length: count }, (_, at) => [
      at === 0 ? metric : '',
      here[at] ?? (here.length === 0 ? NOT_MEASURED : ''),
      there[at] ?? '',
    ]);
  });
  if (cells.length === 0) return ['nothing was measured'];
  const table = [['metric', 'measured', 'claimed of another model'], ...cells];
  const widths = [0, 1].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    `${row[0]!.padEnd(widths[0]!)}  ${row[1]!.padEnd(widths[1]!)}  ${row[2]!}`.trimEnd(),
  );
}

function measuredText({ value, unit, low, high, n, source }: ModelFigure): string {
  const range = low === undefined || high === undefined ? '' : ` [${low}, ${high}]`;
  return `${value}${unit === '' ? '' : ` ${unit}`}${range}${n === undefined ? '' : ` n=${n}`}, ${source}`;
}

function claimedText({ value, unit }: ClaimedFigure): string {
  return `${value}${unit === '' ? '' : ` ${unit}`}`;
}
