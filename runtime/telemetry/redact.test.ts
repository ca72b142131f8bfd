import fc from 'fast-check';
import { WitanError } from '../../contracts/errors.ts';
import { assert, suite } from '../../test/harness.ts';
import { SimClock } from '../kernel/sim/sim-clock.ts';
import { PinoTelemetry } from './pino-telemetry.ts';
import { REDACTED, redactFields, redactText } from './redact.ts';

const test = suite('redact', { limitMs: 30_000 });

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const chars = (set: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...set), minLength, maxLength });

const part = chars(BASE64URL, 12, 60);
const jwt = fc.tuple(part, part, part).map((parts) => `eyJ${parts.join('.')}`);
const witanKey = fc
  .tuple(chars('0123456789abcdefghijklmnopqrstuv', 16), chars(BASE64URL, 43), chars('0123456789abcdef', 8))
  .map(([id, secret, sum]) => `witan_${id}_${secret}${sum}`);
const pem = chars(BASE64URL, 64).map(
  (body) => `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`,
);
const email = fc
  .tuple(chars('abcdefghij.', 3, 20), chars('abcdefgh', 3, 12), fc.constantFrom('com', 'de', 'co.uk'))
  .map(([name, host, top]) => `q${name}q@${host}.${top}`);
const card = chars('0123456789', 14).map((digits) => withLuhn(`4${digits}`));
const iban = chars('0123456789', 18).map((digits) => withIbanCheck('DE', digits));
const phone = fc
  .tuple(chars('123456789', 2), chars('0123456789', 8, 10))
  .map((parts) => `+${parts.join(' ')}`);
const bearer = part.map((token) => ({ text: `Bearer ${token}`, secret: token }));
const named = fc
  .tuple(fc.constantFrom('password=', 'api_key: ', 'token = ', '"secret":"'), chars(BASE64URL, 8, 30))
  .map(([name, secret]) => ({ text: `${name}${secret}`, secret }));

const planted = fc.oneof(
  ...[jwt, witanKey, email, card, iban, phone].map((kind) =>
    kind.map((secret) => ({ text: secret, secret })),
  ),
  pem.map((text) => ({ text, secret: text.split('\n')[1]! })),
  bearer,
  named,
);
const gap = fc.constantFrom(' ', '\n', ', ', ' (', ') ', ': ', ' = ', '"', "'", '<', '>', '; ');
const noise = fc.string({ maxLength: 40 });

function withLuhn(digits: string): string {
  for (let check = 0; check < 10; check += 1) {
    const text = `${digits}${check}`;
    const sum = [...text].reverse().reduce((total, digit, at) => {
      const value = Number(digit) * (at % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
    if (sum % 10 === 0) return text;
  }
  throw new TypeError('no check digit');
}

function withIbanCheck(country: string, digits: string): string {
  const numeric = [...`${digits}${country}00`].map((char) => Number.parseInt(char, 36)).join('');
  return `${country}${String(98n - (BigInt(numeric) % 97n)).padStart(2, '0')}${digits}`;
}

/** A random value with `text` somewhere in it, as a value, inside a text, or as a name. */
function around(text: fc.Arbitrary<string>): fc.Arbitrary<Record<string, unknown>> {
  const inText = fc.tuple(noise, gap, text, gap, noise).map((parts) => parts.join(''));
  const leaf = fc.oneof(
    text,
    inText,
    inText.map((message) => new Error(message)),
  );
  const nested = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      tie('tree').map((inner) => [1, inner]),
      fc.tuple(noise, tie('tree')).map(([name, inner]) => ({ [name]: inner, n: 1 })),
      tie('tree').map((inner) => new Map([['entry', inner]])),
      tie('tree').map((inner) => ({ toJSON: () => ({ inner }) })),
    ),
  })).tree;
  return fc.oneof(
    nested.map((value) => ({ value })),
    text.map((name) => ({ outer: { [name]: true } })),
  );
}

test('no planted secret or piece of personal data reaches a line, wherever it stands', () => {
  const lines: string[] = [];
  const telemetry = new PinoTelemetry({
    clock: new SimClock(),
    stream: { write: (line) => lines.push(line) },
  });
  const cases = planted.chain(({ text, secret }) =>
    fc.tuple(around(fc.constant(text)), fc.constant(text), fc.constant(secret)),
  );
  fc.assert(
    fc.property(cases, noise, ([fields, text, secret], before) => {
      lines.length = 0;
      telemetry.log('info', '/a', `${before} ${text} end`, fields);
      assert.is(lines.length, 1);
      assert.not.ok(lines[0]!.includes(secret), lines[0]);
    }),
    { numRuns: 4_000 },
  );
});

test('a field whose name says secret never shows its value, whatever it is', () => {
  const name = fc
    .constantFrom(
      'authorization',
      'x-api-key',
      'Set-Cookie',
      'dbPassword',
      'client_secret',
      'refreshToken',
      'e-mail',
    )
    .chain((word) => fc.constantFrom(word, word.toUpperCase()));
  const value = chars(BASE64URL, 10, 40);
  fc.assert(
    fc.property(name, value, (key, secret) => {
      for (const hidden of [secret, [secret], { a: secret }]) {
        const text = JSON.stringify(redactFields({ headers: { [key]: hidden } }));
        assert.not.ok(text.includes(secret), text);
      }
    }),
  );
});

test('what is no secret stays: ids, digests, times, counts, names of metrics, paths', () => {
  const plain = {
    decisionId: 'd_5f2ab8c0d1e34f56a7b8c9d0e1f20314',
    digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
    at: '2026-11-21T14:28:33.123Z',
    atWallMs: 1_795_271_313_123,
    elapsedMs: 12.5,
    tokenCount: 17,
    path: '/platform/orchestrator/decision/d_1',
    metric: 'witan_append_failures_total',
    address: '127.0.0.1:8470',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    risk: 'high',
  };
  assert.equal(redactFields(plain), plain);
  assert.is(
    redactText('the log cannot be read; trying again in 250 ms'),
    'the log cannot be read; trying again in 250 ms',
  );
});

test('errors keep their code and lose what callers sent; objects that fight back end as a word', () => {
  const error = new WitanError('conflict', 'the key of ann@example.com was used', {
    path: 'password=hunter2',
  });
  const { error: plain } = redactFields({ error }) as { error: Record<string, unknown> };
  assert.is(plain['code'], 'conflict');
  assert.is(plain['message'], `the key of ${REDACTED} was used`);
  assert.not.ok(JSON.stringify(plain).includes('hunter2'));
  const circle: Record<string, unknown> = { bytes: Buffer.from('password') };
  circle['self'] = circle;
  const hostile = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  assert.equal(redactFields({ circle, hostile, f: () => 1 }), {
    circle: { bytes: '[8 bytes]', self: '[circular]' },
    hostile: '[unreadable]',
    f: '[function]',
  });
});

test('no text makes a pattern run away: the longest of hostile ones end', () => {
  const seeds = [
    'eyJ',
    'a.',
    '@a',
    '+1 ',
    '4 ',
    'password',
    'DE12 ',
    '-----BEGIN ',
    '://a',
    'witan_',
    'a@a.',
    "token='",
  ];
  for (const seed of seeds) {
    const before = process.cpuUsage();
    redactText(seed.repeat(32_768 / seed.length));
    const { user } = process.cpuUsage(before);
    // Some 5 to 40 ms each; a pattern that backtracks over the whole text takes minutes.
    assert.ok(user < 3e6, `${seed}: ${user / 1_000} ms`);
  }
});
