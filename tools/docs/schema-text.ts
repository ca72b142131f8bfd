/** JSON schemas in words, for tables of fields. */
import { code } from './markdown.ts';

/** The part of JSON Schema that our messages use. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly default?: unknown;
}

const NO_BOUND = Number.MAX_SAFE_INTEGER;

/** Type and bounds of a value in a few words; objects without a name are listed by their fields. */
export function schemaText(schema: Schema): string {
  if (schema.$ref !== undefined) return referenceText(schema.$ref);
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(JSON.stringify(value))).join(' ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(schemaText).join(' or ');
  if (schema.prefixItems) return `[${schema.prefixItems.map(schemaText).join(', ')}]`;
  if (schema.items) return `list of ${schemaText(schema.items)}${atMost(schema.maxItems, 'items')}`;
  if (schema.properties) return objectText(schema.properties);
  if (typeof schema.additionalProperties === 'object') {
    return `map to ${schemaText(schema.additionalProperties)}`;
  }
  return [schema.type ?? 'any value'].flat().join(' or ') + boundsText(schema);
}

function objectText(properties: Readonly<Record<string, Schema>>): string {
  const fields = Object.entries(properties).map(([name, schema]) =>
    schema.items?.properties || schema.items?.$ref !== undefined ? `${name}: ${schemaText(schema)}` : name,
  );
  return `{ ${fields.join(', ')} }`;
}

/** Name of a component, as a link within the page. */
export function referenceText(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return name === 'schema0' ? 'any JSON value' : `[${name}](#${name.toLowerCase()})`;
}

function boundsText({ minimum, maximum, pattern, format, maxLength }: Schema): string {
  if (pattern !== undefined) return ` ${code(pattern)}`;
  if (format !== undefined) return `, ${format}`;
  const low = minimum !== undefined && minimum > -NO_BOUND ? minimum : undefined;
  const high = maximum !== undefined && maximum < NO_BOUND ? maximum : undefined;
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}`;
  if (low !== undefined) return `, at least ${low}`;
  return high === undefined ? atMost(maxLength, 'characters') : `, at most ${high}`;
}

function atMost(count: number | undefined, what: string): string {
  return count === undefined ? '' : `, at most ${count} ${what}`;
}
