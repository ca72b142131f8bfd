/** Tables for terminals and for Markdown. */

/** Prints a table: columns aligned, the first to the left, the rest to the right. */
export function printTable(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  markdown = false,
): void {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)),
  );
  const cells = (line: readonly string[]): string[] =>
    widths.map((width, at) => (at === 0 ? (line[at] ?? '').padEnd(width) : (line[at] ?? '').padStart(width)));
  if (!markdown) {
    for (const line of [head, ...lines]) process.stdout.write(`${cells(line).join('  ').trimEnd()}\n`);
    return;
  }
  const row = (line: readonly string[]): string => `| ${cells(line).join(' | ')} |\n`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  process.stdout.write(`${row(head)}| ${rule.join(' | ')} |\n${lines.map(row).join('')}`);
}
