import { randomBytes } from 'node:crypto';
import { assert, suite } from '../../../../test/harness.ts';
import { PasswordHasher } from './password-hash.ts';

const test = suite('password-hash', { limitMs: 30_000 });
const hasher = new PasswordHasher(14, randomBytes);
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64').replaceAll('=', '');

test('RFC 7914 §12: password, NaCl, N = 1024, r = 8, p = 16', async () => {
  const hash =
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
    '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640';
  const kept = `$scrypt$ln=10,r=8,p=16$${base64(Buffer.from('NaCl').toString('hex'))}$${base64(hash)}`;
  assert.is(await hasher.isRight('password', kept), true);
  assert.is(await hasher.isRight('passwore', kept), false);
  assert.is(hasher.isOutdated(kept), true);
});

test('a hash says its parameters, differs each time, and holds for its password alone', async () => {
  const [one, two] = [await hasher.hash('correct horse'), await hasher.hash('correct horse')];
  assert.match(one, /^\$scrypt\$ln=14,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.is.not(one, two);
  assert.is(await hasher.isRight('correct horse', one), true);
  assert.is(await hasher.isRight('correct horse ', one), false);
  assert.is(hasher.isOutdated(one), false);
  assert.is(new PasswordHasher(15, randomBytes).isOutdated(one), true);
});

test('letters that look alike by their code points are one password', async () => {
  assert.is(await hasher.isRight('pa\u0308ssword', await hasher.hash('p\u00e4ssword')), true);
});

test('what is no hash of ours matches nothing', async () => {
  for (const kept of ['', 'password', '$scrypt$ln=31,r=8,p=1$AAAA$AAAA', '$2b$10$abc'])
    assert.is(await hasher.isRight('', kept), false, kept);
});

test('codes share a salt and are found by one derivation', async () => {
  const kept = await hasher.hashCodes(['a', 'b', 'c']);
  assert.is(new Set(kept.map((one) => one.split('$')[3])).size, 1);
  assert.is(await hasher.find('b', kept), 1);
  assert.is(await hasher.find('d', kept), -1);
});

test('more passwords than can wait are refused', async () => {
  const all = await Promise.allSettled(Array.from({ length: 70 }, () => hasher.hash('x')));
  const refused = all.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  assert.is(refused.length, 6);
  assert.is(refused[0]!.reason.code, 'overloaded');
  assert.is(await hasher.isRight('x', await hasher.hash('x')), true);
});
