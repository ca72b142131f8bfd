/**
 * Numbers by which states know a person: form, check and, where the form is common, the words that must
 * stand near.
 */
import { luhn, verhoeff } from './checksums.ts';
import * as check from './national-id-checks.ts';
import type { KindName, PersonalDatum } from '../kinds.ts';

/** One national number. */
export interface NationalId {
  readonly form: string;
  readonly kind: KindName;
  /** Global; letters any case. */
  readonly shape: RegExp;
  /** Checks the compact upper-case form; absent where the country has no check digit. */
  readonly check?: (id: string) => boolean;
  /** Words that must stand within 48 code units before or 24 after; absent where form and check suffice. */
  readonly cue?: RegExp;
  /** Decides by form and words alone when the check fails: written with cue, but mistyped or invented. */
  readonly cueSuffices?: boolean;
}

const TAX = /\b(?:tax|tin|steuer|itin|tfn|fiscal|cpf|ruc|nif)/i;

/** Countries and forms. */
export const NATIONAL_IDS: readonly NationalId[] = [
  {
    form: 'us-ssn',
    kind: 'national-id',
    shape: /(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])/g,
    check: check.isUsSsn,
  },
  {
    form: 'us-ssn',
    kind: 'national-id',
    shape: /(?<![\d.-])\d{3}[ .-]?\d{2}[ .-]?\d{4}(?![\d-])/g,
    cue: /\b(?:ssn|s\.s\.n|social[- ]security|soc sec)\b/i,
    cueSuffices: true,
  },
  { form: 'us-itin', kind: 'tax-id', shape: /(?<![\d-])9\d{2}-\d{2}-\d{4}(?![\d-])/g, check: check.isUsItin },
  {
    form: 'uk-nino',
    kind: 'national-id',
    shape: /\b[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]\b/g,
    check: check.isUkNino,
  },
  {
    form: 'uk-nhs',
    kind: 'medical-record',
    shape: /(?<![\d-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\d-])/g,
    check: check.isNhs,
    cue: /\b(?:nhs|patient|health service)\b/i,
  },
  {
    form: 'de-steuer-id',
    kind: 'tax-id',
    shape: /(?<![\d-])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\d-])/g,
    check: check.isDeTaxId,
    cue: /steuer|tax|identifikationsnummer|idnr|tin\b/i,
  },
  {
    form: 'de-rentenversicherung',
    kind: 'national-id',
    shape: /\b\d{2} ?\d{6} ?[A-Za-z] ?\d{3}\b/g,
    cue: /rentenversicherung|sozialversicherung|rvnr|svnr|pension insurance/i,
    cueSuffices: true,
  },
  {
    form: 'fr-nir',
    kind: 'national-id',
    check: check.isFrNir,
    shape: /(?<!\d)[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}(?!\d)/g,
  },
  {
    form: 'es-dni',
    kind: 'national-id',
    shape: /\b(?:\d{8}|[XYZxyz]-?\d{7})-?[A-HJ-NP-TV-Za-hj-np-tv-z]\b/g,
    check: check.isEsDni,
  },
  {
    form: 'it-codice-fiscale',
    kind: 'tax-id',
    check: check.isItCodice,
    shape: /\b[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]\b/g,
  },
  {
    form: 'nl-bsn',
    kind: 'national-id',
    shape: /(?<![\d-])\d{3}[ .]?\d{3}[ .]?\d{3}(?![\d-])/g,
    check: check.isNlBsn,
    cue: /\b(?:bsn|burgerservicenummer|sofi|citizen service)/i,
  },
  {
    form: 'pl-pesel',
    kind: 'national-id',
    shape: /(?<![\d-])\d{11}(?![\d-])/g,
    check: check.isPlPesel,
    cue: /pesel|identification|national|id\b|numer/i,
  },
  { form: 'br-cpf', kind: 'tax-id', shape: /(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)/g, check: check.isBrCpf },
  {
    form: 'br-cpf',
    kind: 'tax-id',
    shape: /(?<![\d-])\d{11}(?![\d-])/g,
    check: check.isBrCpf,
    cue: /\bcpf\b/i,
  },
  {
    form: 'in-aadhaar',
    kind: 'national-id',
    shape: /(?<!\d)[2-9]\d{3} \d{4} \d{4}(?! ?\d)/g,
    check: verhoeff,
  },
  {
    form: 'in-aadhaar',
    kind: 'national-id',
    shape: /(?<!\d)[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}(?!\d)/g,
    cue: /aadhaar|adhaar|uidai/i,
    cueSuffices: true,
  },
  {
    form: 'in-pan',
    kind: 'tax-id',
    shape: /\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b/g,
    cue: /\bpan\b|permanent account/i,
  },
  {
    form: 'se-personnummer',
    kind: 'national-id',
    shape: /(?<!\d)(?:19|20)?\d{6}[-+]\d{4}(?!\d)/g,
    check: check.isSePersonnummer,
  },
  {
    form: 'fi-hetu',
    kind: 'national-id',
    shape: /\b\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-FHJ-NPR-Ya-fhj-npr-y]\b/g,
    check: check.isFiHetu,
  },
  {
    form: 'no-fodselsnummer',
    kind: 'national-id',
    shape: /(?<![\d-])\d{6} ?\d{5}(?![\d-])/g,
    check: check.isNoFnr,
  },
  {
    form: 'dk-cpr',
    kind: 'national-id',
    shape: /(?<!\d)[0-3]\d[01]\d{3}-?\d{4}(?!\d)/g,
    cue: /\bcpr\b|personnummer/i,
  },
  {
    form: 'be-nrn',
    kind: 'national-id',
    shape: /(?<!\d)\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?!\d)/g,
    check: check.isBeNrn,
  },
  {
    form: 'ch-ahv',
    kind: 'national-id',
    shape: /(?<!\d)756\.?\d{4}\.?\d{4}\.?\d{2}(?!\d)/g,
    check: check.isChAhv,
  },
  {
    form: 'cn-resident-id',
    kind: 'national-id',
    shape: /(?<!\d)[1-9]\d{16}[\dXx](?![\dA-Za-z])/g,
    check: check.isCnId,
  },
  {
    form: 'ie-pps',
    kind: 'national-id',
    shape: /\b\d{7}[A-Wa-w][A-IWa-iw]?\b/g,
    check: check.isIePps,
    cue: /\bpps(?:n| number| no)?\b/i,
  },
  {
    form: 'ca-sin',
    kind: 'national-id',
    shape: /(?<![\d-])\d{3}[ -]\d{3}[ -]\d{3}(?![\d-])/g,
    check: luhn,
    cue: /\bsin\b|social insurance/i,
  },
  {
    form: 'au-tfn',
    kind: 'tax-id',
    shape: /(?<![\d-])\d{3} ?\d{3} ?\d{3}(?![\d-])/g,
    check: check.isAuTfn,
    cue: /\btfn\b|tax file/i,
  },
  {
    form: 'national-id',
    kind: 'national-id',
    cue: /\b(?:national (?:id|identity|identification)|identity card|id card|personal id(?:entification)?|citizen id|id number|identification number)\b/i,
    shape: /(?<![\w-])(?=[A-Za-z0-9-]{6,18}(?![\w-]))[A-Za-z]{0,3}-?\d[\dA-Za-z-]{4,16}\d(?![\w-])/g,
    cueSuffices: true,
  },
  {
    form: 'tax-id',
    kind: 'tax-id',
    cue: TAX,
    cueSuffices: true,
    shape: /(?<![\w-])\d{2,3}[- ]?\d{3,7}[- ]?\d{0,5}(?![\w-])/g,
  },
];

const CUED_LENGTH = 8;

/** National and tax numbers of a text. */
export function findNationalIds(text: string, into: PersonalDatum[]): void {
  if (!/\d{2}/.test(text)) return;
  for (const id of NATIONAL_IDS) findOne(text, id, into);
}

function findOne(text: string, id: NationalId, into: PersonalDatum[]): void {
  if (id.cue && !id.cue.test(text)) return;
  for (const match of text.matchAll(id.shape)) {
    const end = match.index + match[0].length;
    if (id.cue) {
      const near = `${text.slice(Math.max(0, match.index - 48), match.index)} ${text.slice(end, end + 24)}`;
      if (!id.cue.test(near)) continue;
    }
    const compact = match[0].replaceAll(/[ .\-/]/g, '').toUpperCase();
    const checked = id.check?.(id.form === 'fi-hetu' ? match[0].toUpperCase() : compact) ?? false;
    if (!checked && (!id.cueSuffices || compact.length < CUED_LENGTH)) continue;
    into.push({ kind: id.kind, start: match.index, end, validated: checked, form: id.form });
  }
}
