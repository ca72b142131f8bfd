/** `docs/reference/http.md`: every endpoint and message, off the OpenAPI document that a node serves. */
import { ENGINE_ROUTES, HTTP_ROUTES } from '../../transport/http/index.ts';
import { openApiDocument } from '../../transport/http/openapi.ts';
import { code, pageHead, table } from './markdown.ts';
import { schemaText } from './schema-text.ts';
import type { Schema } from './schema-text.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { name: string; in: string; required: boolean; schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema: Schema }>> }>>;
  readonly 'x-witan-operation': string;
  readonly 'x-witan-scope'?: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const LEAD = `The document itself is served by every node at \`/openapi.json\` (OpenAPI 3.1). Bodies are
JSON in UTF-8; an unknown field is an error. Without a configured identity only this machine is served;
with one, send \`Authorization: Bearer …\` or \`X-API-Key\`. Errors are described in
[errors.md](errors.md). Event streams are server-sent events; a client that comes back with
\`Last-Event-ID\` misses nothing that is still held, and is told \`gap\` otherwise. A stream ends with the
credential that opened it: an event \`error\` holds the same body as a refusal, a WebSocket gets a message
\`error\` and the close code 4000 + status (4401, 4403). Every answer carries
\`X-Request-Id\` and, where a limit applies, \`RateLimit-Limit\`, \`RateLimit-Remaining\` and
\`RateLimit-Reset\`; a refusal that may be repeated says when in \`Retry-After\`. 400, 401, 403, 404, 413 and
429 are answered with \`Error\` by every endpoint that can refuse so; they are left out below.`;

const ROUTES = [...HTTP_ROUTES, ...Object.values(ENGINE_ROUTES).flat()];

/** Text of the page. */
export function httpPage(): string {
  const { paths, components } = openApiDocument(ROUTES, '') as unknown as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );
  const index = operations.map(({ name, operation }) => [code(name), operation.summary]);
  return [
    pageHead('HTTP', '`transport/http` and `contracts/messages`', LEAD),
    `## Endpoints\n\n${table(['endpoint', 'what it does'], index)}`,
    ...operations.map(({ name, operation }) => operationText(name, operation)),
    '## Messages\n',
    ...Object.entries(components.schemas)
      .filter(([name]) => name !== 'schema0')
      .map(([name, schema]) => `### ${name}\n\n${messageText(schema)}`),
  ].join('\n');
}

function operationText(name: string, operation: Operation): string {
  const { summary, parameters, requestBody, responses } = operation;
  const scope = operation['x-witan-scope'];
  const need = scope === undefined ? 'no scope' : `scope ${code(scope)}`;
  const asked = `Operation ${code(operation['x-witan-operation'])}, ${need}.\n`;
  const lines = [`### ${name}\n`, `${summary}.\n`, asked];
  if (parameters.length > 0) {
    const rows = parameters.map((one) => [
      code(one.name),
      one.in,
      schemaText(one.schema),
      defaultText(one.schema),
    ]);
    lines.push(table(['parameter', 'in', 'value', 'default'], rows));
  }
  for (const { schema } of Object.values(requestBody?.content ?? {}))
    lines.push(`Body: ${schemaText(schema)}.\n`);
  for (const [status, { content }] of Object.entries(responses)) {
    if (status === '101') lines.push('- 101: messages `LiveRequest` and `LiveMessage` follow');
    for (const [mediaType, { schema }] of Object.entries(content ?? {})) {
      if (status !== 'default' && Number(status) >= 400 && status !== '503') continue;
      const form = mediaType === 'application/json' ? '' : ` as ${code(mediaType)}`;
      lines.push(`- ${status}: ${schemaText(schema)}${form}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function messageText(schema: Schema): string {
  const choices = schema.oneOf ?? schema.anyOf;
  if (!choices) return fieldsText(schema);
  const shared = commonFields(choices);
  const rows = choices.map(({ properties = {} }) => [
    code(String(properties['type']?.const)),
    Object.entries(properties)
      .filter(([field]) => field !== 'type' && !shared.includes(field))
      .map(([field, value]) => `${code(field)}: ${schemaText(value)}`)
      .join('; '),
  ]);
  const common = `Every one has ${['type', ...shared].map(code).join(', ')}.\n\n`;
  return common + table([code('type'), 'its own fields'], rows);
}

function commonFields(choices: readonly Schema[]): string[] {
  const [first = {}, ...others] = choices.map((choice) => choice.properties ?? {});
  return Object.keys(first).filter(
    (field) => field !== 'type' && others.every((properties) => field in properties),
  );
}

function fieldsText({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([field, schema]) => [
    code(field),
    schemaText(schema),
    required.includes(field) ? 'yes' : defaultText(schema) || 'no',
  ]);
  return table(['field', 'value', 'required'], rows);
}

function defaultText(schema: Schema): string {
  return schema.default === undefined ? '' : `default ${code(JSON.stringify(schema.default))}`;
}
