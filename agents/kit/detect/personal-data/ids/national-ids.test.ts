import { assert, suite } from '../../../../../test/harness.ts';
import type { PersonalDatum } from '../kinds.ts';
import { findNationalIds, NATIONAL_IDS } from './national-ids.ts';

const test = suite('national ids');

function formsIn(text: string): readonly string[] {
  const found: PersonalDatum[] = [];
  findNationalIds(text, found);
  return found.filter((datum) => datum.validated).map((datum) => datum.form);
}

// Specimen numbers that the issuing bodies and standards print, none of them a living person's.
const VALID: readonly (readonly [form: string, text: string])[] = [
  ['us-ssn', 'it is 536-22-8145 as filed'],
  ['us-itin', 'ITIN 912-90-3456'],
  ['uk-nino', 'NI number AB 12 34 56 C'],
  ['uk-nhs', 'NHS number 943 476 5919'],
  ['de-steuer-id', 'Steuer-ID 86 095 742 719'],
  ['fr-nir', 'NIR 2 55 08 14 168 025 38'],
  ['es-dni', 'DNI 12345678Z'],
  ['es-dni', 'NIE X1234567L'],
  ['it-codice-fiscale', 'codice fiscale RSSMRA85T10A562S'],
  ['nl-bsn', 'BSN 111222333'],
  ['pl-pesel', 'PESEL 44051401359'],
  ['br-cpf', 'CPF 390.533.447-05'],
  ['in-aadhaar', 'Aadhaar 2341 2341 2346'],
  ['se-personnummer', 'personnummer 880320-0016'],
  ['fi-hetu', 'hetu 131052-308T'],
  ['no-fodselsnummer', 'nummer 151086 95088'],
  ['be-nrn', 'rijksregister 85.07.30-033.28'],
  ['ch-ahv', 'AHV 756.9217.0769.85'],
  ['cn-resident-id', 'id 11010519491231002X'],
  ['ie-pps', 'PPS number 6433435F'],
  ['au-tfn', 'TFN 123 456 782'],
  ['ca-sin', 'SIN 046-454-286'],
];

for (const [form, text] of VALID) {
  test(`finds ${form} in "${text}"`, () => {
    assert.ok(formsIn(text).includes(form), `${text}: ${formsIn(text).join(', ')}`);
  });
}

test('a changed check digit is no valid number', () => {
  for (const text of [
    'NHS number 943 476 5918',
    'Steuer-ID 86 095 742 718',
    'NIR 2 55 08 14 168 025 39',
    'DNI 12345678A',
    'BSN 111222334',
    'PESEL 44051401358',
    'CPF 390.533.447-06',
    'Aadhaar 2341 2341 2347',
    'hetu 131052-308U',
    'AHV 756.9217.0769.84',
    'codice fiscale RSSMRA85T10A562T',
    'id 110105194912310021',
    'SIN 046-454-287',
  ]) {
    assert.equal(formsIn(text), [], text);
  }
});

test('numbers that were never issued are refused', () => {
  for (const text of [
    '000-12-3456',
    '666-12-3456',
    '900-12-3456',
    '123-00-4567',
    '123-45-0000',
    'BG 12 34 56 A',
  ]) {
    assert.equal(formsIn(text), [], text);
  }
});

test('a form that is common in other texts needs its words', () => {
  for (const text of [
    'order 943 476 5919 shipped',
    'part 111222333',
    'reference 44051401359',
    'lot 86 095 742 719',
  ]) {
    assert.equal(formsIn(text), [], text);
  }
});

test('every form has a check or a cue', () => {
  for (const id of NATIONAL_IDS) assert.ok(id.check ?? id.cue, id.form);
});
