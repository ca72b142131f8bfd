/** A collector of a test's own: takes OTLP over HTTP as protobuf and keeps the spans. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** A span as it came over the wire. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  startNs: bigint;
  endNs: bigint;
  attributes: Record<string, string | number>;
  events: { name: string; attributes: Record<string, string | number> }[];
  isError: boolean;
}

/** A collector that listens. */
export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Headers of the last request. */
  readonly headers: () => Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Starts a collector on a free port of loopback. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  let headers: Record<string, unknown> = {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers = { ...request.headers };
      spans.push(...readRequest(Buffer.concat(chunks)));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    headers: () => headers,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

type Field = (number: number, reader: BinaryReader) => boolean;

/** Reads the fields of one message; those that `field` does not take are skipped. */
function read(bytes: Uint8Array, field: Field): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (!field(number, reader)) reader.skip(wireType);
  }
}

/** @source opentelemetry/proto/collector/trace/v1 and trace/v1: ExportTraceServiceRequest, Span */
function readRequest(bytes: Uint8Array): ReceivedSpan[] {
  const spans: ReceivedSpan[] = [];
  const nested = (numbers: readonly number[], body: Uint8Array): void => {
    const [number, ...rest] = numbers;
    read(body, (found, reader) => {
      if (found !== number) return false;
      const inner = reader.bytes();
      if (rest.length === 0) spans.push(readSpan(inner));
      else nested(rest, inner);
      return true;
    });
  };
  // Request.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2.
  nested([1, 2, 2], bytes);
  return spans;
}

function readSpan(bytes: Uint8Array): ReceivedSpan {
  const span: ReceivedSpan = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    attributes: {},
    events: [],
    isError: false,
  };
  const hex = (reader: BinaryReader): string => Buffer.from(reader.bytes()).toString('hex');
  const fields: Record<number, (reader: BinaryReader) => void> = {
    1: (reader) => (span.traceId = hex(reader)),
    2: (reader) => (span.spanId = hex(reader)),
    4: (reader) => (span.parentSpanId = hex(reader)),
    5: (reader) => (span.name = reader.string()),
    6: (reader) => (span.kind = reader.int32()),
    7: (reader) => (span.startNs = BigInt(reader.fixed64())),
    8: (reader) => (span.endNs = BigInt(reader.fixed64())),
    9: (reader) => readAttribute(reader.bytes(), span.attributes),
    11: (reader) => span.events.push(readEvent(reader.bytes())),
    15: (reader) =>
      read(reader.bytes(), (at, status) => at === 3 && ((span.isError = status.int32() === 2), true)),
  };
  read(bytes, (number, reader) => {
    const take = fields[number];
    take?.(reader);
    return take !== undefined;
  });
  return span;
}

function readEvent(bytes: Uint8Array): ReceivedSpan['events'][number] {
  const event: ReceivedSpan['events'][number] = { name: '', attributes: {} };
  read(bytes, (number, reader) => {
    if (number === 2) event.name = reader.string();
    else if (number === 3) readAttribute(reader.bytes(), event.attributes);
    else return false;
    return true;
  });
  return event;
}

function readAttribute(bytes: Uint8Array, into: Record<string, string | number>): void {
  let key = '';
  let value: string | number = '';
  read(bytes, (number, reader) => {
    if (number === 1) key = reader.string();
    else if (number === 2) {
      read(reader.bytes(), (kind, any) => {
        if (kind === 1) value = any.string();
        else if (kind === 3) value = Number(any.int64());
        else if (kind === 4) value = any.double();
        else return false;
        return true;
      });
    } else return false;
    return true;
  });
  into[key] = value;
}
