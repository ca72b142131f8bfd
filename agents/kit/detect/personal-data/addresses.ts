/**
 * Postal addresses: number and street by the street words of many languages, boxes, units, codes beside
 * their cue.
 */
import type { PersonalDatum } from './kinds.ts';

const WORD = String.raw`\p{L}[\p{L}\p{M}'’.-]*`;
const CAPITAL = String.raw`\p{Lu}[\p{L}\p{M}'’.-]*`;
/** English street words after the name; abbreviated ones need a capital. */
const SUFFIX =
  'Street|St|Str|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|' +
  'Terrace|Ter|Way|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Close|Crescent|Cres|Gardens|Grove|Row|Mews|' +
  'Trail|Trl|Alley|Walk|Hill|Quay|Loop|Plaza|Pike|Expressway|Turnpike';
/** Endings of one-word street names: German, Dutch, Nordic, Finnish, Hungarian. */
const ENDING =
  'stra(?:ß|ss)e|stræti|straeti|str\\.|gasse|weg|platz|allee|damm|ufer|ring|gatan|gata|gatu|gate|' +
  'gade|vej|vejen|vägen|väg|veien|vegur|vegen|stræde|katu|tie|kuja|polku|tee|straat|laan|plein|' +
  'gracht|dreef|kade|steenweg|götu|braut|stígur|utca|körút';
/** Street words that stand before the name or as a word of their own. */
const PREFIX =
  'Rue|Avenue|Av\\.|Boulevard|Place|Chemin|Allée|Quai|Impasse|Via|Viale|Piazza|Corso|Vicolo|Largo|' +
  'Calle|C\\/|Avenida|Avda\\.?|Plaza|Paseo|Camino|Carrer|Rua|Travessa|Praça|Estrada|Ulica|ulica|' +
  'ul\\.|ulitsa|Aleja|al\\.|Strada|Ulice|Cesta|Trg|Am|An der|Auf der|Im';
const UNIT =
  String.raw`(?:,?\s{1,4}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Room|Rm|` +
  String.raw`#)\.?\s?#?[\dA-Za-z-]{1,6})?`;
const TAIL = String.raw`(?:,\s?${CAPITAL}(?: ${CAPITAL}){0,2})?(?:,?\s(?:[A-Z]{2}\s)?\d{5}(?:-\d{4})?)?`;

/** Forms of addresses. */
export const ADDRESS_FORMS: readonly (readonly [form: string, shape: RegExp])[] = [
  [
    'street',
    new RegExp(
      String.raw`(?<![\p{L}\d.,$€£-])\d{1,6}[A-Za-z]?,?\s(?:[NSEW]\.?\s|North\s|South\s|East\s|` +
        String.raw`West\s)?(?:(?:${CAPITAL}|\d{1,3}(?:st|nd|rd|th))\s){1,4}(?:${SUFFIX})\b\.?${UNIT}${TAIL}`,
      'gu',
    ),
  ],
  [
    'street-lower',
    /(?<![\p{L}\d.,$€£-])\d{1,6}\s(?:[\p{Ll}\p{M}'’.-]+\s){1,3}(?:street|road|avenue|lane|drive|boulevard|blvd|terrace|crescent|close|parkway)\b(?! (?:away|ahead|from|vendors?|food))/gu,
  ],
  [
    'street-number',
    new RegExp(
      String.raw`(?<![\p{L}])(?:${CAPITAL}\s){0,2}\p{Lu}[\p{L}\p{M}'’.-]*(?:${ENDING})` +
        String.raw`\s\d{1,5}\s?[A-Za-z]?(?![\p{L}\d])${UNIT}`,
      'gu',
    ),
  ],
  [
    'street-word',
    new RegExp(
      String.raw`(?<![\p{L}])(?:${CAPITAL}\s){1,3}(?:stra(?:ß|ss)e|katu|tie|vej|vägen|gatan|gata|` +
        String.raw`gade|utca|út|útja|tér|tere|u\.|laan|straat|plein|ulica|cesta|` +
        String.raw`trg)\s\d{1,5}\.?(?![\p{L}\d])${UNIT}`,
      'gu',
    ),
  ],
  [
    'street-prefix',
    new RegExp(
      String.raw`(?<![\p{L}])(?:\d{1,5}\s?(?:bis|ter)?,?\s)?(?:${PREFIX})\s(?:(?:de|del|della|delle|` +
        String.raw`dei|da|do|dos|du|des|la|le|les|las|los|l'|d'|di|San|Santa|` +
        String.raw`St\.?)\s?){0,3}${CAPITAL}(?:\s${WORD}){0,3}?,?` +
        String.raw`\s(?:n[°º.]?\s?)?\d{1,5}(?![\p{L}\d])${UNIT}`,
      'gu',
    ),
  ],
  [
    'street-prefix',
    new RegExp(
      String.raw`(?<![\p{L}\d])\d{1,5}\s?(?:bis|ter)?,?\s(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Cc]hemin|` +
        String.raw`[Ii]mpasse|[Qq]uai|[Aa]llée|[Pp]lace)\s(?:(?:de|du|des|la|le|les|l'|` +
        String.raw`d')\s?){0,3}${CAPITAL}(?:[\s-]${CAPITAL}){0,3}`,
      'gu',
    ),
  ],
  [
    'street-unit',
    new RegExp(
      String.raw`(?<![\p{L}])(?:${CAPITAL}\s){0,3}${CAPITAL}\s\d{1,5}[A-Za-z]?[\s,]{1,4}(?:Apt|` +
        String.raw`Apartment|Suite|Ste|Flat)\.?\s#?\d{1,5}`,
      'gu',
    ),
  ],
  ['unit', /(?<![\p{L}])(?:Apt|Apartment|Suite|Ste)\.?\s#?\d{1,5}[A-Za-z]?(?![\p{L}\d])/gu],
  ['box', /\b(?:P\.?\s?O\.?\s?Box|PO-Box|Postfach|Apartado|Boîte postale|BP)\s\d{1,7}\b/gi],
  [
    'military',
    /\b(?:PSC|Unit|CMR|USNS|USNV|USS)\s?[\w ]{1,20}?,?\s?(?:Box\s\d{1,6}\s{1,3})?(?:APO|FPO|DPO)\s(?:AA|AE|AP)\s\d{5}\b/g,
  ],
  [
    'city-state',
    /(?<![\p{L}])\p{Lu}[\p{L}.'-]+(?:\s\p{Lu}[\p{L}.'-]+){0,2},\s(?:A[LKZR]|C[AOT]|DE|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|DC)\s\d{5}(?:-\d{4})?(?!\d)/gu,
  ],
  [
    'uk-postcode',
    /\b(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPS-UW]|[A-HK-Y]\d[ABEHMNPRV-Y]) \d[ABD-HJLNP-UW-Z]{2})\b/g,
  ],
  [
    'postal-code',
    /\b(?:zip(?:[ -]?code)?|post(?:al)?[ -]?code|PLZ|CAP|código postal)(?: is|:| -|=)?\s{0,3}(?=[\dA-Z -]{3,10})[A-Z]{0,2}-?\d[\dA-Z]{1,5}(?:[ -]?\d[A-Z\d]{1,3})?(?!\d)/gi,
  ],
  [
    'placed',
    new RegExp(
      String.raw`\b(?:at|to|from|is:?|[Ii]t is|` +
        String.raw`[Uu]ser:)\s{1,3}\d{2,6}[A-Za-z]?,?\s(?:\d{1,5}\s)?` +
        String.raw`${CAPITAL}(?:\s${CAPITAL}){0,2}(?:\s\d{1,5}\b|(?=[,\n]\s{0,3}${CAPITAL}))`,
      'gu',
    ),
  ],
  [
    'given-address',
    new RegExp(
      String.raw`\b(?:(?:[Mm]y|[Hh]is|[Hh]er|[Tt]heir|[Oo]ur|[Hh]ome|[Bb]illing|[Ss]hipping|` +
        String.raw`[Mm]ailing|[Dd]elivery)\s(?:new\s|old\s|current\s|home\s|billing\s|shipping\s|` +
        String.raw`mailing\s)?address(?:\sis|:)|[Aa]ddress(?: of [^.?!\n]{1,40}? is|:)|(?:lives|` +
        String.raw`live|lived|living|resides|residing|located|reside|deliver(?:ed)?|` +
        String.raw`ship(?:ped)?|send(?:ing)?|sent|restaurant is|office is|house is) (?:at|to|` +
        String.raw`on))\s{1,4}(?:\d{1,6}[A-Za-z]?,?\s{1,4}(?:${WORD}\s?){1,3}(?:\s?\d{1,5}\b)?|` +
        String.raw`${CAPITAL}(?:\s${CAPITAL}){0,2}\s\d{1,5}\b)${UNIT}`,
      'gu',
    ),
  ],
];

/** Addresses of a text. */
export function findAddresses(text: string, into: PersonalDatum[]): void {
  if (!/\d/.test(text)) return;
  for (const [form, shape] of ADDRESS_FORMS) {
    for (const match of text.matchAll(shape)) {
      const start =
        form === 'given-address' || form === 'postal-code' || form === 'placed'
          ? startOfDigits(match)
          : match.index;
      const end = match.index + match[0].trimEnd().length;
      if (end - start < 3) continue;
      into.push({ kind: 'address', ...widened(text, start, end), validated: false, form });
    }
  }
}

const TOWN = new RegExp(
  String.raw`(?:[\s,>?]{1,10}(?:Apt|Apartment|Suite|Ste|Unit|` +
    String.raw`Flat)\.?\s#?\d{1,6})?(?:[\s,>?]{1,10}${CAPITAL}(?:\s${CAPITAL}){0,2}` +
    String.raw`(?:\s\([^)\n]{1,20}\))?){0,3}` +
    String.raw`[\s,>?]{1,8}(?:[A-Z]{2}\s)?\d{4,6}(?!\d)`,
  'uy',
);
const HOUSE = /(?<![\d.,$€£-])\d{1,6}[,\s]{1,2}$/;

/** Takes in a house number before, and unit, town, country and code after. */
function widened(text: string, start: number, end: number): { start: number; end: number } {
  const house = HOUSE.exec(text.slice(Math.max(0, start - 8), start));
  TOWN.lastIndex = end;
  const town = TOWN.exec(text);
  return { start: house ? start - house[0].length : start, end: town ? end + town[0].length : end };
}

/** Where the address itself begins: after the cue. */
function startOfDigits(match: RegExpExecArray): number {
  const at = match[0].search(/\s(?:\d|\p{Lu}[\p{L}'’.-]*(?:\s\p{Lu}[\p{L}'’.-]*){0,2}\s\d|[A-Z]{1,2}-?\d)/u);
  return match.index + (at < 0 ? 0 : at + 1);
}
