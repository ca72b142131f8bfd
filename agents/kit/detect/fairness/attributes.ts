/** Protected attributes and their stand-ins among the features and criteria of a decision. */
import type { Decision } from '../../../../contracts/messages/decision.ts';
import { contextEntries, plainKey } from '../record/facts.ts';

/**
 * Attribute by the plain keys under which it is written. @source EU Charter Art. 21, 15 USC 1691, Equality
 * Act 2010 s. 4
 */
export const PROTECTED_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  race: ['race', 'ethnicity', 'ethnic', 'ethnicgroup', 'skincolour', 'skincolor', 'caste', 'ancestry'],
  nationality: [
    'nationality',
    'nationalorigin',
    'citizenship',
    'countryofbirth',
    'immigrationstatus',
    'birthplace',
  ],
  sex: [
    'sex',
    'gender',
    'genderidentity',
    'ismale',
    'isfemale',
    'pregnant',
    'pregnancy',
    'maternity',
    'title',
  ],
  orientation: ['sexualorientation', 'orientation'],
  religion: ['religion', 'religious', 'faith', 'belief', 'creed'],
  disability: ['disability', 'disabled', 'healthcondition', 'medicalcondition', 'mentalhealth', 'handicap'],
  age: ['age', 'agegroup', 'ageband', 'dateofbirth', 'birthdate', 'dob', 'birthyear', 'yearofbirth'],
  'marital-status': [
    'maritalstatus',
    'married',
    'familystatus',
    'childrencount',
    'numberofchildren',
    'haschildren',
  ],
  politics: ['politicalaffiliation', 'politicalopinion', 'party', 'unionmembership', 'tradeunion'],
};

/** Stand-ins: not protected themselves, known to carry a protected attribute. */
export const PROXIES: Readonly<Record<string, readonly string[]>> = {
  place: [
    'postcode',
    'postalcode',
    'zip',
    'zipcode',
    'neighbourhood',
    'neighborhood',
    'district',
    'censustract',
  ],
  name: ['firstname', 'lastname', 'surname', 'familyname', 'fullname', 'name'],
  language: ['language', 'nativelanguage', 'mothertongue', 'accent', 'firstlanguage'],
  school: ['school', 'almamater', 'university', 'graduationyear'],
  photo: ['photo', 'picture', 'image', 'appearance'],
};

/** An attribute in use. */
export interface AttributeUse {
  readonly attribute: string;
  readonly proxy: boolean;
  /** Where: path in the context. */
  readonly path: string;
  /** `criterion`: the decision says that it decides by it; `feature`: it is handed to the decision. */
  readonly as: 'criterion' | 'feature';
}

const CRITERIA_KEYS = new Set([
  'criteria',
  'criterion',
  'features',
  'featurenames',
  'inputs',
  'factors',
  'variables',
  'weights',
  'coefficients',
  'featureimportance',
  'importance',
  'rules',
  'reasons',
  'principalreasons',
  'adversereasons',
  'scoringfactors',
]);

const byKey = new Map<string, { attribute: string; proxy: boolean }>();
for (const [attribute, keys] of Object.entries(PROTECTED_ATTRIBUTES)) {
  for (const key of keys) byKey.set(key, { attribute, proxy: false });
}
for (const [attribute, keys] of Object.entries(PROXIES))
  for (const key of keys) byKey.set(key, { attribute, proxy: true });

/** Protected attributes and proxies that the context hands over or names as criteria. */
export function attributeUses(decision: Decision): readonly AttributeUse[] {
  const uses: AttributeUse[] = [];
  for (const { key, parent, path, value } of contextEntries(decision)) {
    const inCriteria = CRITERIA_KEYS.has(parent);
    const direct = byKey.get(key);
    if (direct) uses.push({ ...direct, path, as: inCriteria ? 'criterion' : 'feature' });
    if (inCriteria && typeof value === 'string') {
      const named = attributeOf(value);
      if (named) uses.push({ ...named, path, as: 'criterion' });
    }
  }
  return uses;
}

/**
 * The attribute that a short feature name or criterion speaks of (`gender`, `applicant_age < 30`, `zip
 * code`).
 */
export function attributeOf(text: string): { attribute: string; proxy: boolean } | null {
  if (text.length > 200) return null;
  const whole = byKey.get(plainKey(text));
  if (whole) return whole;
  const words = text.split(/[^\p{L}]+/u).filter(Boolean);
  let proxy: { attribute: string; proxy: boolean } | null = null;
  for (const [index, word] of words.entries()) {
    const hit = byKey.get(plainKey(word)) ?? byKey.get(plainKey(word + (words[index + 1] ?? '')));
    if (hit && !hit.proxy) return hit;
    if (hit) proxy = hit;
  }
  return proxy;
}
