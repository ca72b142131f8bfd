/** `docs/reference/grpc.md`: services, methods and messages, off the descriptors that the door serves. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DescField, DescFile, DescMessage, DescMethod } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { ERROR_CODES } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { OPERATIONS } from '../../contracts/operations.ts';
import { GRPC_LIMITS, GRPC_SERVICES, GRPC_STATUS, grpcStatusName } from '../../transport/grpc/index.ts';
import { code, pageHead, table } from './markdown.ts';

const PROTO = join(import.meta.dirname, '../../contracts/proto/witan/v1');

const LEAD = `The files are [contracts/proto](../../contracts/proto); services describe themselves by
reflection, and \`buf curl --schema contracts/proto\` works against a running node. Without a configured
identity only this machine is served; with one, send \`authorization: Bearer …\` or \`x-api-key\` as
metadata, or a client certificate. \`traceparent\` is taken over. The standard health service answers for the
node (empty name) and for each service.

Every failed call carries the trailers \`witan-code\` (the code), \`witan-error-bin\` (a \`witan.v1.Error\`)
and \`grpc-status-details-bin\` (the same inside a \`google.rpc.Status\`); where a retry makes sense later,
\`grpc-retry-pushback-ms\` says when. A field that a node does not know is an error, as it is over HTTP.

A stream ends with the credential that opened it: \`UNAUTHENTICATED\` or \`PERMISSION_DENIED\`, in the same
form.

The deadline of a call shortens the time of its decision. A cancelled call ends the waiting, not the decision.
JSON of any shape travels as text in fields that end in \`_json\` (docs/adr/0009).`;

/** Text of the page. */
export function grpcPage(): string {
  const comments = readComments();
  return [
    pageHead('gRPC', '`contracts/proto` and `transport/grpc`', LEAD),
    '## Methods\n',
    ...GRPC_SERVICES.map(({ desc, methods }) => {
      const rows = methods.map((method) => [
        code(method.desc.name),
        signature(method.desc),
        comments.get(`rpc ${method.desc.name}`) ?? '',
        code(OPERATIONS[method.operation].scope ?? ''),
      ]);
      return `### ${desc.typeName}\n\n${table(['method', 'takes and gives', 'what it does', 'scope'], rows)}`;
    }),
    `## Status\n\n${table(['error code', 'gRPC status'], statusRows())}`,
    `## Limits\n\n${table(['limit', 'default'], limitRows())}`,
    '## Messages\n',
    ...allFiles().flatMap((file) => file.messages.map((message) => messageText(message, comments))),
    '## Values\n',
    table(
      ['enum', 'values'],
      allFiles()
        .flatMap((file) => file.enums)
        .map((one) => [code(one.name), one.values.slice(1).map(({ name }) => code(name)).join(', ')]),
    ),
  ].join('\n');
}

function statusRows(): string[][] {
  return (Object.keys(ERROR_CODES) as ErrorCode[]).map((one) => [
    code(one),
    code(grpcStatusName(GRPC_STATUS[one])),
  ]);
}

function limitRows(): string[][] {
  return Object.entries(GRPC_LIMITS).map(([name, value]) => [code(name), value.toLocaleString('en-US')]);
}

function signature({ input, output, methodKind }: DescMethod): string {
  const takes = methodKind === 'bidi_streaming' ? 'stream of ' : '';
  const gives = methodKind === 'unary' ? '' : 'stream of ';
  return `${takes}${code(input.name)} → ${gives}${code(output.name)}`;
}

function messageText(message: DescMessage, comments: ReadonlyMap<string, string>): string {
  const rows = message.fields.map((field) => [String(field.number), code(field.name), fieldType(field)]);
  const body = rows.length === 0 ? 'No fields.\n' : table(['number', 'field', 'value'], rows);
  return `### ${message.name}\n\n${comments.get(`message ${message.name}`) ?? ''}\n\n${body}`;
}

function fieldType(field: DescField): string {
  const one = field.message?.name ?? field.enum?.name ?? ScalarType[field.scalar!]!.toLowerCase();
  const form = field.fieldKind === 'list' ? 'list of ' : '';
  const choice = field.oneof ? `, one of ${field.oneof.name}` : '';
  const optional = field.proto.proto3Optional ? ', optional' : '';
  return `${form}${code(one)}${optional}${choice}`;
}

function allFiles(): readonly DescFile[] {
  const files = new Map<string, DescFile>();
  const visit = (file: DescFile): void => {
    if (files.has(file.name) || !file.name.startsWith('witan/')) return;
    for (const dependency of file.dependencies) visit(dependency);
    files.set(file.name, file);
  };
  for (const { desc } of GRPC_SERVICES) visit(desc.file);
  return [...files.values()];
}

/** Comments before each `rpc` and `message`; descriptors at run time carry none. */
function readComments(): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  for (const name of readdirSync(PROTO)) {
    const text = readFileSync(join(PROTO, name), 'utf8');
    for (const [, lines, kind, word] of text.matchAll(/((?:^ *\/\/ .*\n)+) *(rpc|message) (\w+)/gm)) {
      comments.set(`${kind} ${word}`, lines!.replaceAll(/^ *\/\/ /gm, '').trim().replaceAll('\n', ' '));
    }
  }
  return comments;
}
