/**
 * Encodings that hide text in text. Each finder returns the places it can read, in order, without overlap.
 */

/** A stretch `[start, end)` of the text that reads as `decoded`. */
export interface DecodedPiece {
  readonly start: number;
  readonly end: number;
  readonly decoded: string;
}

/** One encoding: `find` is linear in the length of the text. */
export interface Codec {
  readonly name: string;
  find(text: string): readonly DecodedPiece[];
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  colon: ':',
  semi: ';',
  comma: ',',
  period: '.',
  lpar: '(',
  rpar: ')',
  excl: '!',
  quest: '?',
  sol: '/',
  bsol: '\\',
  equals: '=',
  num: '#',
  dollar: '$',
  percnt: '%',
  ast: '*',
  plus: '+',
  hyphen: '-',
  lowbar: '_',
  commat: '@',
  newline: '\n',
  tab: '\t',
  lsqb: '[',
  rsqb: ']',
  lcub: '{',
  rcub: '}',
  zwnj: '',
  zwj: '',
  shy: '',
};

const entities: Codec = {
  name: 'entity',
  find: (text) =>
    text.includes('&')
      ? replaceAll(text, /&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (match) => {
          const body = match[1]!.toLowerCase();
          if (body.startsWith('#x')) return codePoint(Number.parseInt(body.slice(2), 16));
          if (body.startsWith('#')) return codePoint(Number(body.slice(1)));
          return NAMED_ENTITIES[body];
        })
      : [],
};

const escapes: Codec = {
  name: 'escape',
  find: (text) =>
    /\\[ux]/i.test(text)
      ? replaceAll(text, /\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})/gi, (match) =>
          codePoint(Number.parseInt(match[1] ?? match[2] ?? match[3]!, 16)),
        )
      : [],
};

const percent: Codec = {
  name: 'percent',
  find(text) {
    const pieces: DecodedPiece[] = [];
    for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at)) {
      const start = at;
      const bytes: number[] = [];
      for (let byte = hexByte(text, at + 1); text[at] === '%' && byte >= 0; byte = hexByte(text, at + 1)) {
        bytes.push(byte);
        at += 3;
      }
      if (bytes.length === 0) at += 1;
      else {
        const decoded = utf8(bytes);
        if (decoded !== undefined) pieces.push({ start, end: at, decoded });
      }
    }
    return pieces;
  },
};

const base64: Codec = {
  name: 'base64',
  find: (text) =>
    replaceAll(text, /[A-Za-z0-9+/_-]{14,}={0,2}/g, (match) => {
      const chunk = match[0];
      if (!/[A-Z]/.test(chunk) || !/[a-z]/.test(chunk)) return undefined;
      const decoded = utf8([...Buffer.from(chunk, 'base64')]);
      return decoded !== undefined && isReadable(decoded) ? decoded : undefined;
    }),
};

const hex: Codec = {
  name: 'hex',
  find: (text) => findRuns(text, { least: 6, read: readHexByte, decode: (bytes) => utf8(bytes) }),
};

const binary: Codec = {
  name: 'binary',
  find: (text) =>
    text.includes('0') ? findRuns(text, { least: 3, read: readBits, decode: (bytes) => utf8(bytes) }) : [],
};

const decimal: Codec = {
  name: 'decimal',
  find: (text) => findRuns(text, { least: 8, read: readDecimalByte, decode: (bytes) => utf8(bytes) }),
};

/** Tag characters (U+E0020…U+E007E) carry invisible ASCII; variation selectors carry invisible bytes. */
const invisible: Codec = {
  name: 'invisible',
  find(text) {
    if (!/\udb40|[\ufe00-\ufe0f]/.test(text)) return [];
    const tags = findRuns(text, {
      least: 4,
      read: readTag,
      decode: (bytes) => String.fromCharCode(...bytes.slice(0, 4_096)),
    });
    const selectors = findRuns(text, { least: 4, read: readSelector, decode: (bytes) => utf8(bytes) });
    return [...tags, ...selectors].sort((a, b) => a.start - b.start);
  },
};

const MORSE: Readonly<Record<string, string>> = Object.fromEntries(
  (
    '.- a -... b -.-. c -.. d . e ..-. f --. g .... h .. i .--- j -.- k .-.. l -- m -. n --- o .--. p ' +
    '--.- q .-. r ... s - t ..- u ...- v .-- w -..- x -.-- y --.. z ----- 0 .---- 1 ..--- 2 ...-- 3 ' +
    '....- 4 ..... 5 -.... 6 --... 7 ---.. 8 ----. 9'
  )
    .split(' ')
    .flatMap((code, index, all) => (index % 2 === 0 ? [[code, all[index + 1]!]] : [])),
);

const morse: Codec = {
  name: 'morse',
  find: (text) =>
    replaceAll(text, /[.\-–—−·•/| ]{16,}/g, (match) => {
      const words = match[0]
        .replace(/[–—−]/g, '-')
        .replace(/[·•]/g, '.')
        .trim()
        .split(/ *[/|] */);
      const read = words.map((word) =>
        word
          .split(/ +/)
          .map((code) => MORSE[code] ?? '')
          .join(''),
      );
      const decoded = read.join(' ');
      return decoded.replace(/ /g, '').length >= 4 ? ` ${decoded} ` : undefined;
    }),
};

/** Every codec, in the order in which it claims overlapping places. */
export const CODECS: readonly Codec[] = [
  entities,
  escapes,
  percent,
  invisible,
  binary,
  decimal,
  hex,
  base64,
  morse,
];

function replaceAll(
  text: string,
  pattern: RegExp,
  decode: (match: RegExpMatchArray) => string | undefined,
): DecodedPiece[] {
  const pieces: DecodedPiece[] = [];
  for (const match of text.matchAll(pattern)) {
    const decoded = decode(match);
    if (decoded !== undefined)
      pieces.push({ start: match.index, end: match.index + match[0].length, decoded });
  }
  return pieces;
}

/** Byte at a place and where the next one may start; undefined where there is none. */
type ByteReader = (text: string, at: number) => { readonly byte: number; readonly next: number } | undefined;

interface RunRules {
  readonly least: number;
  readonly read: ByteReader;
  readonly decode: (bytes: number[]) => string | undefined;
}

/** Rows of at least `least` bytes that decode to readable text. */
function findRuns(text: string, { least, read, decode }: RunRules): DecodedPiece[] {
  const pieces: DecodedPiece[] = [];
  let at = 0;
  while (at < text.length) {
    let step = read(text, at);
    if (step === undefined) {
      at += 1;
      continue;
    }
    const start = at;
    const bytes: number[] = [];
    let end = at;
    for (; step !== undefined; step = read(text, at)) {
      bytes.push(step.byte);
      at = step.next;
      end = at;
    }
    if (bytes.length < least) continue;
    const decoded = decode(bytes);
    if (decoded !== undefined && isReadable(decoded)) pieces.push({ start, end, decoded });
  }
  return pieces;
}

function isWordUnit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function skipSeparators(text: string, at: number): number {
  let next = at;
  while (next < at + 2 && ' ,:;-'.includes(text[next] ?? 'x')) next += 1;
  return next;
}

function hexByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

function readHexByte(text: string, at: number): { byte: number; next: number } | undefined {
  const begin = text[at] === '0' && (text[at + 1] === 'x' || text[at + 1] === 'X') ? at + 2 : at;
  const byte = hexByte(text, begin);
  if (byte < 0) return undefined;
  return { byte, next: skipSeparators(text, begin + 2) };
}

function readBits(text: string, at: number): { byte: number; next: number } | undefined {
  let byte = 0;
  for (let index = 0; index < 8; index += 1) {
    const code = text.charCodeAt(at + index);
    if (code !== 48 && code !== 49) return undefined;
    byte = byte * 2 + (code - 48);
  }
  return { byte, next: skipSeparators(text, at + 8) };
}

function readDecimalByte(text: string, at: number): { byte: number; next: number } | undefined {
  let value = 0;
  let next = at;
  while (next < at + 3 && text.charCodeAt(next) >= 48 && text.charCodeAt(next) <= 57) {
    value = value * 10 + (text.charCodeAt(next) - 48);
    next += 1;
  }
  if (next - at < 2 || value < 32 || value > 126 || isWordUnit(text.charCodeAt(next))) return undefined;
  return { byte: value, next: skipSeparators(text, next) };
}

function readTag(text: string, at: number): { byte: number; next: number } | undefined {
  const code = text.codePointAt(at) ?? 0;
  return code >= 0xe0020 && code <= 0xe007e ? { byte: code - 0xe0000, next: at + 2 } : undefined;
}

function readSelector(text: string, at: number): { byte: number; next: number } | undefined {
  const code = text.codePointAt(at) ?? 0;
  if (code >= 0xfe00 && code <= 0xfe0f) return { byte: code - 0xfe00, next: at + 1 };
  return code >= 0xe0100 && code <= 0xe01ef ? { byte: code - 0xe0100 + 16, next: at + 2 } : undefined;
}

function codePoint(code: number): string | undefined {
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    ? String.fromCodePoint(code)
    : undefined;
}

function utf8(bytes: readonly number[]): string | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  return text.includes('\ufffd') ? undefined : text;
}

/** Mostly letters and spaces, hardly any control characters: a random key decodes to neither. */
function isReadable(text: string): boolean {
  let letters = 0;
  let total = 0;
  for (const letter of text) {
    total += 1;
    if (/[\p{L}\p{M} ]/u.test(letter)) letters += 1;
    else if (/[\p{Cc}\p{Cn}\p{Co}]/u.test(letter) && !/[\t\n\r]/.test(letter)) return false;
  }
  return total >= 3 && letters >= total * 0.6;
}
