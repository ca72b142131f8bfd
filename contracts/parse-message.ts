/** From an untrusted value to a typed message: limits first, then the schema, then one typed error. */
import type { z } from 'zod';
import { WitanError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { DECISION_LIMITS, DecisionRequest } from './messages/decision.ts';
import { dottedPath, LONE_SURROGATE } from './parse-json.ts';
import type { JsonLimits } from './parse-json.ts';

/** Limits of a whole submitted decision; `context` alone is bounded by {@link DECISION_LIMITS}. */
export const REQUEST_LIMITS: JsonLimits = {
  maxBytes: DECISION_LIMITS.bodyBytes,
  maxDepth: DECISION_LIMITS.depth + 1,
  maxNodes: 4 * DECISION_LIMITS.nodeCount,
};

/**
 * Checks `value` against `schema`; the result shares nothing that the schema rewrites.
 * @throws unknown_field, invalid_argument, too_large with `path` and `expected` of the first fault
 */
export function parseMessage<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw issueError(parsed.error.issues[0]!, parsed.error.issues.length);
}

/**
 * Checks a decision from any door: shape, depth, size and JSON-ness, also of objects that never were text.
 * @throws unknown_field, invalid_argument, too_large, too_deep
 */
export function parseDecisionRequest(value: unknown): DecisionRequest {
  checkJson(value, REQUEST_LIMITS);
  const request = parseMessage(DecisionRequest, value);
  if (request.context) {
    const { depth, nodeCount } = DECISION_LIMITS;
    checkJson(request.context, { maxBytes: Infinity, maxDepth: depth, maxNodes: nodeCount }, ['context']);
  }
  return request;
}

/**
 * Walks a value that claims to be JSON: finite numbers, plain objects, no cycle, within depth and node
 * limits. `maxBytes` bounds the UTF-16 length of all strings and keys. O(nodes), stops at the first fault.
 * @throws invalid_argument, bad_encoding, too_large, too_deep
 */
export function checkJson(value: unknown, limits: JsonLimits, path: PropertyKey[] = []): void {
  walk(value, { limits, path: [...path], nodes: 0, length: 0, depth: 0 });
}

interface Walk {
  readonly limits: JsonLimits;
  readonly path: PropertyKey[];
  nodes: number;
  length: number;
  depth: number;
}

function walk(value: unknown, state: Walk): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'string') return countText(value, state);
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      refuse(state, 'invalid_argument', 'a number is not finite', 'a finite number');
    return;
  }
  if (typeof value !== 'object')
    refuse(state, 'invalid_argument', `a ${typeof value} is not JSON`, 'a JSON value');
  state.depth += 1;
  // A cycle ends here as well: it is infinitely deep.
  if (state.depth > state.limits.maxDepth) {
    refuse(state, 'too_deep', 'the value is nested too deep', `at most ${state.limits.maxDepth} levels`);
  }
  if (Array.isArray(value)) value.forEach((item, index) => member(item, index, state));
  else walkObject(value, state);
  state.depth -= 1;
}

function walkObject(value: object, state: Walk): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    refuse(state, 'invalid_argument', 'the value is not a plain object', 'a plain object');
  }
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    // An absent optional field may be spelled as undefined by a caller in process.
    if (item === undefined && state.depth === 1 && state.path.length === 0) continue;
    countText(key, state);
    state.path.push(key);
    if (key === '__proto__')
      refuse(state, 'invalid_argument', 'the key __proto__ is not allowed', 'another key');
    state.path.pop();
    member(item, key, state);
  }
}

function member(item: unknown, key: PropertyKey, state: Walk): void {
  state.nodes += 1;
  state.path.push(key);
  if (state.nodes > state.limits.maxNodes) {
    refuse(state, 'too_large', 'the value has too many parts', `at most ${state.limits.maxNodes} values`);
  }
  walk(item, state);
  state.path.pop();
}

function countText(text: string, state: Walk): void {
  state.length += text.length;
  if (state.length > state.limits.maxBytes) {
    refuse(state, 'too_large', 'the value is too large', `at most ${state.limits.maxBytes} bytes`);
  }
  if (LONE_SURROGATE.test(text)) {
    refuse(state, 'bad_encoding', 'a string holds half a surrogate pair', 'well-formed Unicode');
  }
}

function refuse(state: Walk, code: ErrorCode, message: string, expected: string): never {
  throw new WitanError(code, message, { path: dottedPath(state.path), expected });
}

function issueError(issue: z.core.$ZodIssue, count: number): WitanError {
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  if (issue.code === 'unrecognized_keys') {
    const path = dottedPath([...issue.path, issue.keys[0] ?? '']);
    return new WitanError('unknown_field', `there is no field "${path}"${more}`, {
      path,
      expected: 'a known field',
    });
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat()[0];
    if (inner && inner.path.length > 0)
      return issueError({ ...inner, path: [...issue.path, ...inner.path] }, count);
  }
  const path = dottedPath(issue.path);
  const code =
    issue.code === 'too_big' && issue.origin !== 'number' && issue.origin !== 'int'
      ? 'too_large'
      : 'invalid_argument';
  const expected = expectation(issue);
  return new WitanError(code, `${path === '' ? 'the message' : path}: expected ${expected}${more}`, {
    path,
    expected,
  });
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'too_small':
      return `at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' ? ' items' : '';
}
