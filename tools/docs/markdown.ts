/** Markdown of the reference pages: head, tables, code. */

/** Head of a generated page: title, where it comes from, and what it holds. */
export function pageHead(title: string, source: string, lead: string): string {
  const origin = `<!-- Written by \`npm run docs\` from ${source}; changes belong there. -->`;
  return `# ${title}\n\n${origin}\n\n${lead}\n`;
}

/** A table; cells are Markdown already, bars in them are escaped. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line), ''].join('\n');
}

/** Inline code; empty for an empty text. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
