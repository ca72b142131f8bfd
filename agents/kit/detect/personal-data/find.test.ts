import fc from 'fast-check';
import { assert, suite } from '../../../../test/harness.ts';
import { findPersonalData, redact } from './find.ts';

const test = suite('personal data', { limitMs: 20_000 });

function found(text: string): readonly string[] {
  return findPersonalData(text).map(({ kind, start, end }) => `${kind}: ${text.slice(start, end)}`);
}

const PRESENT: readonly (readonly [text: string, expected: string])[] = [
  ['pay with 4539 1488 0343 6467 today', 'card-number: 4539 1488 0343 6467'],
  ['amex 378282246310005', 'card-number: 378282246310005'],
  ['IBAN: DE89 3704 0044 0532 0130 00.', 'iban: DE89 3704 0044 0532 0130 00'],
  ['to gb82west12345698765432 please', 'iban: gb82west12345698765432'],
  ['write to jane.doe+work@mail.example.co.uk now', 'email: jane.doe+work@mail.example.co.uk'],
  ['mail jane [at] example [dot] org', 'email: jane [at] example [dot] org'],
  ['call (415) 555-2671', 'phone: (415) 555-2671'],
  ['ring me on +49 30 901820', 'phone: +49 30 901820'],
  ['from 48.90.248.226 last night', 'ip-address: 48.90.248.226'],
  ['host 2001:db8:85a3::8a2e:370:7334 answered', 'ip-address: 2001:db8:85a3::8a2e:370:7334'],
  ['device 00:1B:44:11:3A:B7', 'mac-address: 00:1B:44:11:3A:B7'],
  ['send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'crypto-address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
  [
    'or bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
    'crypto-address: bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  ],
  ['key AKIAIOSFODNN7EXAMPLE leaked', 'api-key: AKIAIOSFODNN7EXAMPLE'],
  ['my password is Tr0ub4dor&3, remember', 'password: Tr0ub4dor&3'],
  ['He lives at 42 Oak Street, Springfield, IL 62704.', 'address: 42 Oak Street, Springfield, IL 62704'],
  ['Sie wohnt Hauptstraße 12', 'address: Hauptstraße 12'],
  ['born on 3 March 1981 in Lyon', 'date-of-birth: 3 March 1981'],
  ['Passport number: C01X00T47 expires', 'passport: C01X00T47'],
  ['my name is Sofia Almeida and', 'person: Sofia Almeida'],
  ['Dear Dr. Nakamura, thank you', 'person: Nakamura'],
  ['at 48.858370, 2.294481 exactly', 'coordinates: 48.858370, 2.294481'],
];

for (const [text, expected] of PRESENT) {
  test(`finds ${expected}`, () =>
    assert.ok(found(text).includes(expected), `${text} → ${found(text).join(' | ')}`));
}

const ABSENT = [
  'The order 4539 1488 0343 6468 is a wrong number of ours',
  'Version 10.0.19041 of the driver and section 3.2.1.4 of the manual',
  'The budget rose from 1,200,000 to 1,450,000 between 2019 and 2023',
  'It costs 12.50 per piece, 100 pieces a box, 2023-04-11 at 10:45',
  'How do I reset a forgotten password? The password is required.',
  'Thank You for choosing New York City Public Library on Monday',
  'git commit 3f786850e387550fdab836ed7e6dc881de23001b fixed it',
  'localhost 127.0.0.1 and 0.0.0.0 are no one',
  'DE89 3704 0044 0532 0130 01 has a wrong check digit',
];

for (const text of ABSENT) {
  test(`finds nothing in "${text}"`, () => assert.equal(found(text), []));
}

test('spans are in order, inside the text and do not overlap', () => {
  const piece = fc.constantFrom(...PRESENT.map(([text]) => text), ...ABSENT);
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 30 })), { maxLength: 8 }),
      (pieces) => {
        const text = pieces.join(' ');
        let last = 0;
        for (const { start, end } of findPersonalData(text)) {
          assert.ok(start >= last && end > start && end <= text.length);
          last = end;
        }
      },
    ),
  );
});

test('redaction leaves what is outside and nothing that a checksum confirms', () => {
  const text = `A ${PRESENT.map(([one]) => one).join('; ')} Z`;
  const redacted = redact(text);
  assert.ok(redacted.startsWith('A ') && redacted.endsWith(' Z'));
  assert.equal(
    findPersonalData(redacted).filter(({ validated }) => validated),
    [],
  );
});

test('long hostile texts end', () => {
  for (const piece of [
    '1 ',
    'a@',
    'Aa ',
    '1-',
    '+1',
    'ab:',
    '-----BEGIN PRIVATE KEY-----',
    'A. ',
    'Rue de la ',
    'password is ',
  ]) {
    findPersonalData(piece.repeat(Math.ceil(200_000 / piece.length)));
  }
});
