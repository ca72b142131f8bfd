/**
 * Takes secrets and personal data out of what is logged: by the name of a field and by the form of a text.
 *
 * Every pattern starts only where a run of its characters starts, or is bounded in length: the time is linear
 * in the text, whatever it holds.
 */
import { WitanError } from '../../contracts/errors.ts';

/** What stands in the place of a value that was taken out. */
export const REDACTED = '[redacted]';

/** Parts of a field's name, without case, hyphens and underscores, whose value never appears. */
const SECRET_NAMES = [
  'authorization',
  'apikey',
  'cookie',
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'privatekey',
  'credential',
  'sessionid',
  'signingkey',
  'mnemonic',
  'jwt',
  'otp',
  'email',
  'phone',
  'iban',
  'cardnumber',
  'ssn',
] as const;

const DEPTH_MAX_COUNT = 8;
const FIELD_MAX_COUNT = 200;
const TEXT_MAX_CHARS = 32_768;
/** Names of fields repeat: what was found of them is remembered, up to this many. */
const NAMES_REMEMBERED = 2_000;

const PEM = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/;
const JWT = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}/g;
const API_KEY =
  /(?<![A-Za-z0-9])(?:witan_[0-9a-v]{16}_|sk[_-]|ghp_|gho_|xox[abp]-|glpat-)[A-Za-z0-9_.-]{8,}/g;
const SCHEME = /(?<![A-Za-z])(bearer|basic|digest)[ \t]{1,4}[A-Za-z0-9._~+/=-]{6,}/gi;
const URL_LOGIN = /:\/\/[^\s/@]{1,256}@/g;
const NAMED =
  /(?<![A-Za-z])((?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|authorization|cookie)["']?[ \t]{0,4}[:=][ \t]{0,4})(?:"[^"]{0,4096}"?|'[^']{0,4096}'?|[^\s"',;&]{1,4096})/gi;
const EMAIL = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,6}/gu;
const CARD = /(?<![A-Za-z0-9])[2-6]\d{3}(?:[ -]?\d){9,15}(?![A-Za-z0-9])/g;
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])/gi;
const PHONE = /(?<![A-Za-z0-9.])(?:\+|00)[1-9](?:[ ().\-/]{0,2}\d){7,14}(?![A-Za-z0-9])/g;

/** The text without secrets and personal data; cut where it is very long. */
export function redactText(given: string): string {
  let text = given.length > TEXT_MAX_CHARS ? `${given.slice(0, TEXT_MAX_CHARS)}…` : given;
  if (text.length < 6) return text;
  if (text.includes('PRIVATE KEY-----')) text = withoutKeys(text);
  if (text.includes('eyJ')) text = text.replace(JWT, REDACTED);
  if (/[_-]/.test(text)) text = text.replace(API_KEY, REDACTED);
  text = text.replace(SCHEME, `$1 ${REDACTED}`);
  if (text.includes('@')) text = text.replace(URL_LOGIN, `://${REDACTED}@`).replace(EMAIL, REDACTED);
  if (/[:=]/.test(text)) text = text.replace(NAMED, `$1${REDACTED}`);
  if (!/\d{2}/.test(text) && !text.includes('+')) return text;
  return withoutChecked(withoutChecked(text, IBAN, isIban), CARD, isCard).replace(PHONE, REDACTED);
}

/** The fields as plain JSON values without secrets and personal data; bounded in depth and number. Never throws. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, { depth: 0, above: new Set<unknown>() });
}

interface Place {
  readonly depth: number;
  /** Objects that this one stands in: one of them inside itself is a cycle. */
  readonly above: Set<unknown>;
}

function redactValue(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'number':
      return value >= 1e12 && Number.isSafeInteger(value) && isCard(String(value)) ? REDACTED : value;
    case 'bigint':
      return redactText(String(value));
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : redactNested(value, place);
    default:
      return `[${typeof value}]`;
  }
}

function redactNested(value: object, { depth, above }: Place): unknown {
  if (above.has(value)) return '[circular]';
  if (depth >= DEPTH_MAX_COUNT) return '[deep]';
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  above.add(value);
  try {
    const place = { depth: depth + 1, above };
    if (value instanceof Error) return redactError(value, place);
    if (value instanceof Map) return redactObject(Object.fromEntries(value) as object, place);
    const plain = value instanceof Set ? [...(value as Set<unknown>)] : unwrapped(value);
    if (typeof plain !== 'object' || plain === null) return redactValue(plain, place);
    if (!Array.isArray(plain)) return redactObject(plain, place);
    const kept = plain.slice(0, FIELD_MAX_COUNT).map((item) => redactValue(item, place));
    if (plain.length > FIELD_MAX_COUNT) kept.push(`[${plain.length - FIELD_MAX_COUNT} more]`);
    return kept;
  } catch {
    // A getter or toJSON of somebody else's object threw: the line goes on without it.
    return '[unreadable]';
  } finally {
    above.delete(value);
  }
}

function redactObject(value: object, place: Place): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  let count = 0;
  for (const [name, field] of Object.entries(value)) {
    if ((count += 1) > FIELD_MAX_COUNT) break;
    const key = name.length < 6 ? name : redactText(name);
    plain[key] = isSecretName(name) && isTelling(field) ? REDACTED : redactValue(field, place);
  }
  return plain;
}

function redactError(error: Error, place: Place): Record<string, unknown> {
  const own =
    error instanceof WitanError ? { code: error.code, details: redactValue(error.details, place) } : {};
  const cause = error.cause === undefined ? {} : { cause: redactValue(error.cause, place) };
  const { name, message, stack } = error;
  return {
    name,
    message: redactText(message),
    ...own,
    ...(stack !== undefined && { stack: redactText(stack) }),
    ...cause,
  };
}

function unwrapped(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON as () => unknown).call(value) : value;
}

/** A count of tokens is no token: numbers, booleans and nothing stay. */
function isTelling(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'boolean' && typeof value !== 'number';
}

const secretNames = new Map<string, boolean>();

function isSecretName(name: string): boolean {
  const known = secretNames.get(name);
  if (known !== undefined) return known;
  const plain = name
    .slice(0, 200)
    .toLowerCase()
    .replaceAll(/[-_ .]/g, '');
  const isSecret = SECRET_NAMES.some((part) => plain.includes(part));
  if (secretNames.size < NAMES_REMEMBERED) secretNames.set(name, isSecret);
  return isSecret;
}

/**
 * Takes out what has the form and the right check digits. Groups before or after a number may look like its
 * own: shorter ends are tried, and then the next start.
 */
function withoutChecked(text: string, form: RegExp, isRight: (found: string) => boolean): string {
  let kept = '';
  let from = 0;
  form.lastIndex = 0;
  for (let match = form.exec(text); match; match = form.exec(text)) {
    let found = match[0];
    while (found !== '' && !isRight(found)) {
      found = found.slice(0, Math.max(0, found.lastIndexOf(' '), found.lastIndexOf('-')));
    }
    if (found === '') {
      form.lastIndex = match.index + 1;
      continue;
    }
    kept += text.slice(from, match.index) + REDACTED;
    from = match.index + found.length;
    form.lastIndex = from;
  }
  return from === 0 ? text : kept + text.slice(from);
}

function withoutKeys(text: string): string {
  let rest = text;
  let kept = '';
  for (let match = PEM.exec(rest); match; match = PEM.exec(rest)) {
    kept += rest.slice(0, match.index) + REDACTED;
    const end = rest.indexOf('-----END', match.index + match[0].length);
    const tail = end < 0 ? rest.length : rest.indexOf('-----', end + 8);
    rest = tail < 0 ? '' : rest.slice(tail + 5);
    if (end < 0) rest = '';
  }
  return kept + rest;
}

/** Check digit of payment cards. @source ISO/IEC 7812-1, Luhn */
function isCard(found: string): boolean {
  const digits = found.replaceAll(/[ -]/g, '');
  if (digits.length < 13 || digits.length > 19 || !/^[2-6]/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Check digits of an account number. @source ISO 13616, ISO 7064 MOD 97-10 */
function isIban(found: string): boolean {
  const plain = found.replaceAll(' ', '').toUpperCase();
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const char of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
