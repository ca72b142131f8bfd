/** Answers what is no request of HTTP, in the form of every other error. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WitanError } from '../../contracts/errors.ts';
import { errorReply } from './error-reply.ts';

/** Gets bytes that the parser of HTTP refused, or a request that did not come in time. */
export type ClientErrorHandler = (error: NodeJS.ErrnoException, socket: Duplex) => void;

/** Makes the handler; `fixedHeaders` are names and values by turns, as every answer has them. */
export function clientErrorHandler(fixedHeaders: readonly string[]): ClientErrorHandler {
  return (fault, socket) => {
    // Nobody is there to be told.
    if (fault.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    socket.end(rawErrorAnswer(errorOf(fault), fixedHeaders), () => socket.destroy());
  };
}

/** Text of an answer to bytes that no request was made of; the connection closes after it. */
export function rawErrorAnswer(error: WitanError, fixedHeaders: readonly string[]): string {
  const { status, headers, body } = errorReply(error);
  const text = JSON.stringify(body);
  const all = [
    ...fixedHeaders,
    ...Object.entries(headers).flat(),
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(text)),
    'connection',
    'close',
  ];
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let at = 0; at < all.length; at += 2) head += `${all[at]}: ${all[at + 1]}\r\n`;
  return `${head}\r\n${text}`;
}

/** The fault by the parser's own code; its text stays here. */
function errorOf({ code }: NodeJS.ErrnoException): WitanError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new WitanError('too_large', 'the headers are too large', { expected: 'at most 16384 bytes' });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new WitanError('deadline_exceeded', 'the request did not come in time');
  }
  return new WitanError('invalid_argument', 'the bytes are not a request of HTTP/1.1', {
    path: '',
    expected: 'a well-formed request',
  });
}
