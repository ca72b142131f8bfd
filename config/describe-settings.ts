/** The reference of settings, read off the schema: what docs, loader and `witan doctor` print. */
import { z } from 'zod';
import { SettingsSchema } from './schema.ts';

/** One setting as the reference shows it. */
export interface SettingRow {
  /** Dotted path (`http.port`). */
  readonly path: string;
  /** Environment variable (`WITAN_HTTP_PORT`). */
  readonly variable: string;
  readonly type: 'integer' | 'number' | 'string' | 'boolean' | 'list' | 'map';
  /** From the last word of the name: `ms`, `bp`, `bytes`, `count`, …; empty when there is none. */
  readonly unit: string;
  /** Accepted values in words: range, alternatives or pattern. */
  readonly accepts: string;
  readonly default: unknown;
  readonly description: string;
  /** Secret values are never printed. */
  readonly secret: boolean;
}

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly secret?: boolean;
}

let rows: readonly SettingRow[] | undefined;

/** One row per setting, in the order of the schema. Computed once. */
export function describeSettings(): readonly SettingRow[] {
  rows ??= collect(z.toJSONSchema(SettingsSchema, { io: 'input' }) as SchemaNode, []);
  return rows;
}

/**
 * Name of the environment variable of a dotted path.
 * @example variableOf('http.bodyMaxBytes') // 'WITAN_HTTP_BODY_MAX_BYTES'
 */
export function variableOf(path: string): string {
  return `WITAN_${path
    .replaceAll('.', '_')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()}`;
}

/** The reference as a Markdown table, for docs. */
export function settingsMarkdown(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const lines = describeSettings().map((row) => {
    const value = `\`${cell(JSON.stringify(row.default) ?? '')}\``;
    const cells = [`\`${row.path}\``, row.type, cell(row.accepts), value, cell(row.description)];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| setting | type | accepts | default | meaning |', '|---|---|---|---|---|', ...lines, ''].join(
    '\n',
  );
}

function collect(node: SchemaNode, path: readonly string[]): SettingRow[] {
  if (node.properties) {
    return Object.entries(node.properties).flatMap(([name, child]) => collect(child, [...path, name]));
  }
  return [rowOf(node, path)];
}

function rowOf(node: SchemaNode, path: readonly string[]): SettingRow {
  const dotted = path.join('.');
  return {
    path: dotted,
    variable: variableOf(dotted),
    type: typeOf(node),
    unit: unitOf(path.at(-1) ?? ''),
    accepts: acceptsOf(node),
    default: node.default,
    description: node.description ?? '',
    secret: node.secret === true,
  };
}

function typeOf(node: SchemaNode): SettingRow['type'] {
  if (node.type === 'array') return 'list';
  if (node.type === 'object') return 'map';
  if (node.type === 'integer' || node.type === 'number' || node.type === 'boolean') return node.type;
  return 'string';
}

function acceptsOf(node: SchemaNode): string {
  if (node.enum) return node.enum.join(', ');
  if (node.type === 'array') return node.items?.enum ? `some of ${node.items.enum.join(', ')}` : 'a list';
  if (node.type === 'object')
    return typeof node.additionalProperties === 'object'
      ? `name to ${acceptsOf(node.additionalProperties)}`
      : 'a map';
  if (node.type === 'boolean') return 'true, false';
  if (node.minimum !== undefined && node.maximum !== undefined) return `${node.minimum} to ${node.maximum}`;
  if (node.pattern) return `text matching ${node.pattern}`;
  return node.maxLength === undefined ? 'text' : `text of at most ${node.maxLength} characters`;
}

const UNITS = new Set(['ms', 'bp', 'bytes', 'count', 'days', 'years', 'second', 'port', 'url', 'depth']);

function unitOf(name: string): string {
  const last = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(' ')
    .at(-1)!
    .toLowerCase();
  return UNITS.has(last) ? last : '';
}
