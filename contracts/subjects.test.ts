import fc from 'fast-check';
import { assert, suite } from '../test/harness.ts';
import { WitanError } from './errors.ts';
import { DecisionEvent } from './messages/events.ts';
import { OPERATIONS } from './operations.ts';
import type { OperationName } from './operations.ts';
import {
  DECISION_SUBJECT_EVENTS,
  decisionPattern,
  decisionSubject,
  parseSubject,
  platformSubject,
  requestOperation,
  requestSubject,
  streamPattern,
  streamSubject,
} from './subjects.ts';

const test = suite('contracts: subjects');
const id = `d${'0123456789abcdef'.repeat(2)}`;
const refused = (error: unknown): boolean => error instanceof WitanError && error.code === 'invalid_argument';

test('what is built is taken apart again, for any tenant', () => {
  const tenant = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/);
  fc.assert(
    fc.property(tenant, fc.constantFrom(...DECISION_SUBJECT_EVENTS), (name, event) => {
      const subject = decisionSubject(name, id, event);
      assert.is(subject.split('.').length, 5);
      assert.equal(parseSubject(subject), { kind: 'decision', tenant: name, decisionId: id, event });
      const own = platformSubject(name, 'safety', 'checked');
      assert.equal(parseSubject(own), {
        kind: 'platform',
        tenant: name,
        capability: 'safety',
        event: 'checked',
      });
    }),
  );
});

test('no text can smuggle tokens or wildcards into a subject', () => {
  for (const text of ['a.b', '*', '>', 'a b', 'A', '', 'x\n', 'é', '..', '-']) {
    assert.throws(() => platformSubject('acme', text, 'checked'), refused, `capability ${text}`);
    assert.throws(() => platformSubject('acme', 'safety', text), refused, `event ${text}`);
    if (text !== 'a.b') assert.throws(() => decisionSubject(text, id, 'final'), refused, `tenant ${text}`);
    assert.throws(() => decisionPattern({ decisionId: text }), refused, `id ${text}`);
  }
});

test('a foreign subject is refused', () => {
  const foreign = [
    'witan',
    'other.acme.decision.x.final',
    `witan.acme.decision.${id}.final.more`,
    `witan.acme.decision.${id}.paid`,
    `witan.a%2Fb.decision.${id}.final`,
    `witan.*.decision.${id}.final`,
    `witan.acme.nothing.${id}.final`,
  ];
  for (const subject of foreign) assert.throws(() => parseSubject(subject), refused, subject);
});

test('each event of the stream has its subject', () => {
  const types = DecisionEvent.options.map((option) => option.shape.type.value);
  assert.equal([...types].sort(), [...DECISION_SUBJECT_EVENTS].sort());
});

test('a pattern leaves open what is not named', () => {
  assert.is(decisionPattern(), 'witan.*.decision.*.*');
  assert.is(decisionPattern({ tenant: 'a.b', event: 'final' }), 'witan.a%2Eb.decision.*.final');
});

test('each operation has a subject of four tokens or fewer, and nothing else has', () => {
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    assert.is(requestSubject(name), `witan.v1.${name}`);
    assert.is(requestSubject(name).split('.').length, 4);
    assert.is(requestOperation(requestSubject(name)), name);
  }
  for (const foreign of ['witan.v1.', 'witan.v1.decision', 'witan.v2.decision.read', 'witan.v1.toString'])
    assert.throws(() => requestOperation(foreign), refused, foreign);
});

test('a tenant named like a version shares no subject with the requests', () => {
  for (const tenant of ['v1', 'v2', 'v10']) {
    const subject = decisionSubject(tenant, id, 'final');
    assert.not.ok(subject.startsWith(`witan.${tenant}.`));
    assert.equal(parseSubject(subject), { kind: 'decision', tenant, decisionId: id, event: 'final' });
    assert.throws(() => parseSubject(`witan.${tenant}.decision.${id}.final`), refused);
  }
  assert.ok(decisionSubject('v1x', id, 'final').startsWith('witan.v1x.'));
});

test('a stream has a subject below the pattern of its door', () => {
  const [door, stream] = ['a'.repeat(32), 'b'.repeat(32)];
  assert.is(streamSubject(door, stream), `witan.v1.stream.${door}.${stream}`);
  assert.is(streamPattern(door), `witan.v1.stream.${door}.*`);
  for (const part of ['', '*', 'x', 'A'.repeat(32)]) {
    assert.throws(() => streamSubject(door, part), refused, part);
    assert.throws(() => streamPattern(part), refused, part);
  }
});
