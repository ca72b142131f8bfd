/** `docs/reference/config.md`: every setting, off the schema. */
import { describeSettings } from '../../config/describe-settings.ts';
import type { SettingRow } from '../../config/describe-settings.ts';
import { code, pageHead, table } from './markdown.ts';

const LEAD = `Each setting has one path and one environment variable. A value comes from the highest of
these that names it: code (\`createHost({ settings })\`) or an option of the command, environment, file
(\`--config FILE\`, or \`WITAN_CONFIG\`; JSON), default. A list is written in the environment as
\`a,b,c\`, a map as JSON. A value out of its range, an unknown name, or settings that contradict each
other end the start with \`config_invalid\` and the path. Times are milliseconds, shares are basis
points (10,000 = 100 %), as names end.`;

/** Text of the page. */
export function configPage(): string {
  const groups = new Map<string, SettingRow[]>();
  for (const row of describeSettings()) {
    const [group = ''] = row.path.split('.');
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const sections = [...groups].map(([group, rows]) => {
    const cells = rows.map((row) => [
      `${code(row.path)}<br>${code(row.variable)}`,
      row.type,
      row.accepts,
      defaultOf(row),
      row.description + (row.secret ? ' Never printed.' : ''),
    ]);
    return `\n## ${group}\n\n${table(['setting', 'type', 'accepts', 'default', 'meaning'], cells)}`;
  });
  return pageHead('Settings', '`config/schema.ts`', LEAD) + sections.join('');
}

function defaultOf(row: SettingRow): string {
  return row.default === '' ? 'empty' : code(JSON.stringify(row.default) ?? '');
}
