/** Settings from defaults < file < environment < code, each value with its source (RUN-21). */
import { readFileSync } from 'node:fs';
import { WitanError } from '../contracts/errors.ts';
import { parseJson } from '../contracts/parse-json.ts';
import { describeSettings } from './describe-settings.ts';
import type { SettingRow } from './describe-settings.ts';
import { SettingsSchema } from './schema.ts';
import type { Settings, SettingsInput } from './schema.ts';

/** Where an effective value came from; later ones win. */
export type SettingSource = 'default' | 'file' | 'env' | 'code';

/** One effective value; secrets are redacted. */
export interface EffectiveSetting {
  readonly path: string;
  readonly value: unknown;
  readonly source: SettingSource;
}

/** Settings in force and where each came from. */
export interface LoadedSettings {
  readonly settings: Settings;
  /** One row per setting, schema order; secrets as `(set)` or empty. */
  readonly effective: readonly EffectiveSetting[];
}

/** What to load from; everything is optional, the process's own environment is never read. */
export interface SettingsSources {
  /** JSON file; its absence is an error, so pass it only when it was asked for. */
  readonly file?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly code?: SettingsInput;
}

/** Variables with our prefix that are no settings: they name inputs of single commands. */
const OTHER_VARIABLES = new Set(['WITAN_API_KEY', 'WITAN_CONFIG', 'WITAN_DATA', 'WITAN_TEST_REPORT']);

/** A configuration file is small; more is a mistake. */
const FILE_LIMITS = { maxBytes: 1_048_576, maxDepth: 8, maxNodes: 100_000 };

/**
 * Settings in force. Unknown keys and values out of range are refused, never dropped.
 * @throws config_invalid with `path`, `expected` and `source`
 * @example loadSettings({ env: { WITAN_HTTP_PORT: '0' } }).settings.http.port // 0
 */
export function loadSettings(sources: SettingsSources = {}): LoadedSettings {
  const layers: [SettingSource, Map<string, unknown>][] = [
    ['file', sources.file === undefined ? new Map() : leavesOf(readFile(sources.file), 'file')],
    ['env', fromEnvironment(sources.env ?? {})],
    ['code', leavesOf(sources.code ?? {}, 'code')],
  ];
  const values = new Map<string, unknown>();
  const origin = new Map<string, SettingSource>();
  for (const [source, leaves] of layers) {
    for (const [path, value] of leaves) {
      values.set(path, value);
      origin.set(path, source);
    }
  }
  const parsed = SettingsSchema.safeParse(nest(values));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = issue.path.join('.');
    const row = rowAt(path);
    const expected =
      issue.code === 'custom' || row === undefined ? issue.message : `${row.type}: ${row.accepts}`;
    throw invalid(path, expected, origin.get(row?.path ?? path) ?? 'default');
  }
  return { settings: parsed.data, effective: effectiveOf(parsed.data, origin) };
}

/** Effective settings as text, one line each, for `witan doctor` and the start of a node. */
export function printSettings(effective: readonly EffectiveSetting[]): string {
  return effective
    .map(({ path, value, source }) => `${path} = ${JSON.stringify(value)} (${source})`)
    .join('\n');
}

function readFile(file: string): unknown {
  try {
    return parseJson(readFileSync(file), FILE_LIMITS);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new WitanError(
      'config_invalid',
      `the configuration file cannot be read: ${detail}`,
      {
        path: '',
        expected: 'a JSON file of settings',
        source: 'file',
      },
      error,
    );
  }
}

function leavesOf(value: unknown, source: SettingSource): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  if (!isRecord(value)) throw invalid('', 'an object of settings', source);
  for (const [section, part] of Object.entries(value)) {
    if (part === undefined) continue;
    if (!sectionNames().includes(section)) throw invalid(section, 'a known section', source);
    if (!isRecord(part)) throw invalid(section, 'an object', source);
    for (const [name, leaf] of Object.entries(part)) {
      const path = `${section}.${name}`;
      if (rowAt(path)?.path !== path) throw invalid(path, 'a known setting', source);
      if (leaf !== undefined) leaves.set(path, leaf);
    }
  }
  return leaves;
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Map<string, unknown> {
  const byVariable = new Map(describeSettings().map((row) => [row.variable, row]));
  const leaves = new Map<string, unknown>();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('WITAN_') || OTHER_VARIABLES.has(name) || text === undefined) continue;
    const row = byVariable.get(name);
    if (!row) throw invalid(name, 'the variable of a known setting', 'env');
    leaves.set(row.path, fromText(row, text));
  }
  return leaves;
}

function fromText(row: SettingRow, text: string): unknown {
  if (row.type === 'string') return text;
  if (row.type === 'list' && !text.trimStart().startsWith('[')) {
    return text === '' ? [] : text.split(',').map((item) => item.trim());
  }
  try {
    return parseJson(new TextEncoder().encode(text), FILE_LIMITS);
  } catch {
    throw invalid(row.path, `${row.type}: ${row.accepts}`, 'env');
  }
}

function nest(values: ReadonlyMap<string, unknown>): Record<string, Record<string, unknown>> {
  const nested: Record<string, Record<string, unknown>> = {};
  for (const [path, value] of values) {
    const [section, name] = path.split('.') as [string, string];
    (nested[section] ??= {})[name] = value;
  }
  return nested;
}

function effectiveOf(settings: Settings, origin: ReadonlyMap<string, SettingSource>): EffectiveSetting[] {
  return describeSettings().map((row) => {
    const [section, name] = row.path.split('.') as [keyof Settings, string];
    const value = (settings[section] as Record<string, unknown>)[name];
    const shown = row.secret ? (value === '' ? '' : '(set)') : value;
    return { path: row.path, value: shown, source: origin.get(row.path) ?? 'default' };
  });
}

function rowAt(path: string): SettingRow | undefined {
  return describeSettings().find((row) => path === row.path || path.startsWith(`${row.path}.`));
}

function sectionNames(): string[] {
  return [...new Set(describeSettings().map((row) => row.path.split('.')[0]!))];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, expected: string, source: SettingSource): WitanError {
  return new WitanError('config_invalid', `setting ${path || '(file)'} (${source}): expected ${expected}`, {
    path,
    expected,
    source,
  });
}
