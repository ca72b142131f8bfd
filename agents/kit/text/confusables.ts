/** Letters that look like Latin ones, and letters that decomposition leaves alone. */

/** Cyrillic, Greek, Armenian, Cherokee and Lisu letters that are read as a Latin one, lower-cased. */
const LOOK_ALIKES: readonly (readonly [string, string])[] = [
  ['авсԁеҽһіїјҡӏмнкорԛгѕтуцѵԝхҳьзӡэ', 'abcdeehiijklmhkopqrstyuvwxxbeee'],
  ['αβϲδεϝγηικλμνοπρστυνχωζξςθφψ', 'abcdefgnikluvonpotuvxwzeso0oy'],
  ['աբցդեէհիյկլոպստւքօգզ', 'ubgdetnhjylonuultrogq'],
  ['ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏁᏢᏒᏚᎢᏙᎳᏃ', 'abcdeghijklmnprstvwz'],
  ['ꓐꓓꓔꓖꓗꓙꓚꓛꓜꓟꓠꓡꓢꓣꓥꓦꓨꓪꓫꓬꓮꓰꓲꓳꓴ', 'bdtgkjccfmnlsravgwxyaeiou'],
];

/** Latin letters without a canonical decomposition. */
const LATIN_EXTRA: Readonly<Record<string, string>> = {
  ı: 'i',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ħ: 'h',
  ŋ: 'n',
  ɡ: 'g',
  ɑ: 'a',
  ɩ: 'i',
  ɪ: 'i',
  ʟ: 'l',
  ɴ: 'n',
  ʀ: 'r',
  ᴀ: 'a',
  ʙ: 'b',
  ᴄ: 'c',
  ᴅ: 'd',
  ᴇ: 'e',
  ꜰ: 'f',
  ɢ: 'g',
  ʜ: 'h',
  ᴊ: 'j',
  ᴋ: 'k',
  ᴍ: 'm',
  ᴏ: 'o',
  ᴘ: 'p',
  ꜱ: 's',
  ᴛ: 't',
  ᴜ: 'u',
  ᴠ: 'v',
  ᴡ: 'w',
  ʏ: 'y',
  ᴢ: 'z',
  ɐ: 'a',
  ɔ: 'c',
  ǝ: 'e',
  ɟ: 'f',
  ƃ: 'g',
  ɥ: 'h',
  ᴉ: 'i',
  ɾ: 'j',
  ʞ: 'k',
  ɯ: 'm',
  ɹ: 'r',
  ʇ: 't',
  ʌ: 'v',
  ʍ: 'w',
  ʎ: 'y',
  '’': "'",
  '‘': "'",
  ʼ: "'",
  '“': '"',
  '”': '"',
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '−': '-',
};

/**
 * Letter by look-alike; used only inside words that also hold Latin letters, or in text that is otherwise
 * Latin.
 */
export const LATIN_BY_LOOK_ALIKE: ReadonlyMap<string, string> = new Map(
  LOOK_ALIKES.flatMap(([from, to]) =>
    [...from].map((letter, index) => [letter.toLowerCase(), to[index] ?? letter] as const),
  ),
);

/** Latin spelling of letters and marks that have no decomposition; always applied. */
export const PLAIN_BY_LETTER: ReadonlyMap<string, string> = new Map(Object.entries(LATIN_EXTRA));

/** Digits and signs read as letters in leet spelling. */
export const LETTER_BY_LEET: ReadonlyMap<string, string> = new Map([
  ['0', 'o'],
  ['1', 'i'],
  ['2', 'z'],
  ['3', 'e'],
  ['4', 'a'],
  ['5', 's'],
  ['6', 'g'],
  ['7', 't'],
  ['8', 'b'],
  ['9', 'g'],
  ['@', 'a'],
  ['$', 's'],
  ['!', 'i'],
  ['|', 'l'],
  ['+', 't'],
  ['€', 'e'],
  ['£', 'l'],
  ['¡', 'i'],
  ['(', 'c'],
  ['<', 'c'],
]);
