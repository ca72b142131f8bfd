/** Material of the injection models: attacks and harmless texts by source, in groups that are held out whole. */
import { expand } from './material/expand.ts';
import {
  ATTACKS,
  ATTACKS_LONG,
  ATTACK_SLOTS,
  HARMLESS,
  HARMLESS_LONG,
  HARMLESS_SLOTS,
  LONG_SLOTS,
  PLANTED_ORDERS,
  PLANTED_SLOTS,
  TALK_OF_ATTACKS,
} from './material/sentences.ts';
import { every, SampleList } from './samples.ts';
import type { Sample } from './samples.ts';
import type { Sets, SetRow } from './sets.ts';

/** Long texts are also learnt by their parts, as windows will show them. */
const CHUNK = 400;

const FOLD_OF: Readonly<Record<string, number>> = {
  cyberseceval_pi: 0,
  benign_clinc: 0,
  hal_begin: 0,
  jailbreak_inthewild: 1,
  gptfuzz_templates: 1,
  mitre_frr: 1,
  pii_presidio: 1,
  tox_hatemoji: 1,
  agt_smoke: 2,
  xstest: 2,
  tox_edos: 2,
  bipia: 3,
  tox_davidson: 3,
};

/** Samples of orders against an assistant's instructions, as a user writes them. */
export function injectionSamples(sets: Sets): Sample[] {
  const { all: samples, add } = new SampleList(FOLD_OF, 4);
  // Harmless rows in other languages are not at hand, so a language would be learnt as an attack.
  const english = sets.train('cyberseceval_pi').filter(({ lang }) => lang === 'English');
  add(
    'cyberseceval_pi',
    1,
    english.map((row) => row.text),
  );
  for (const set of ['jailbreak_inthewild', 'gptfuzz_templates', 'agt_smoke']) {
    const texts = textsOf(sets.train(set), 1);
    add(set, 1, texts);
    add(
      set,
      1,
      chunksOf(
        texts.filter((text) => text.length > 2 * CHUNK),
        CHUNK,
        3,
      ),
    );
  }
  add('agt_smoke', 0, textsOf(sets.train('agt_smoke'), 0));
  add('benign_clinc', 0, textsOf(sets.train('benign_clinc'), 0));
  add('mitre_frr', 0, textsOf(sets.train('mitre_frr'), 0));
  add('xstest', 0, textsOf(sets.train('xstest'), 0));
  const chats = sets.train('hal_halueval_general');
  add(
    'hal_halueval_general',
    0,
    chats.map((row) => row.msg ?? ''),
  );
  add(
    'hal_halueval_general',
    0,
    every(chats, 2).map((row) => row.text),
  );
  add(
    'hal_begin',
    0,
    every(sets.train('hal_begin'), 2).map((row) => row.text),
  );
  add(
    'hal_begin',
    0,
    every(sets.train('hal_begin'), 3).map((row) => row.ctx ?? ''),
  );
  add(
    'pii_presidio',
    0,
    sets.train('pii_presidio').map((row) => row.text),
  );
  for (const set of ['tox_edos', 'tox_davidson', 'tox_hatemoji'])
    add(
      set,
      0,
      every(sets.train(set), set === 'tox_hatemoji' ? 4 : 10).map((row) => row.text),
    );
  add('bipia', 0, chunksOf(textsOf(sets.train('bipia'), 0), 600));
  add('own', 1, expand(ATTACKS, ATTACK_SLOTS, 2_600, 11));
  add('own', 0, expand(HARMLESS, HARMLESS_SLOTS, 2_400, 12));
  add('own-long', 1, expand(ATTACKS_LONG, LONG_SLOTS, 700, 15));
  add('own-long', 0, expand(HARMLESS_LONG, HARMLESS_SLOTS, 700, 13));
  add('own', 0, expand(TALK_OF_ATTACKS, HARMLESS_SLOTS, 120, 14));
  return samples.filter(({ text }) => text.trim() !== '');
}

/**
 * Samples of orders inside documents. What asks an assistant for something has no business there, so harmless
 * requests are orders here; what is harmless is prose, tables, mails and code.
 */
export function indirectSamples(sets: Sets): Sample[] {
  const { all: samples, add } = new SampleList(FOLD_OF, 4);
  const chats = sets.train('hal_halueval_general');
  const cyber = sets
    .train('cyberseceval_pi')
    .filter(({ kind, lang }) => kind !== 'indirect' && lang === 'English');
  add(
    'cyberseceval_pi',
    1,
    cyber.map((row) => row.text),
  );
  add('agt_smoke', 1, textsOf(sets.train('agt_smoke'), 1));
  add('agt_smoke', 0, textsOf(sets.train('agt_smoke'), 0));
  add('bipia', 1, plantedIn(sets.train('bipia')));
  add('bipia', 0, chunksOf(textsOf(sets.train('bipia'), 0), 300));
  add('jailbreak_inthewild', 1, chunksOf(textsOf(sets.train('jailbreak_inthewild'), 1), 300, 3));
  add(
    'hal_halueval_general',
    1,
    every(chats, 2).map((row) => row.msg ?? ''),
  );
  add(
    'benign_clinc',
    1,
    every(sets.train('benign_clinc'), 3).map((row) => row.text),
  );
  add('mitre_frr', 1, textsOf(sets.train('mitre_frr'), 0));
  add('harmful_advbench', 1, textsOf(sets.train('harmful_advbench'), 1));
  add(
    'hal_halueval_general',
    0,
    chunksOf(
      chats.map((row) => row.text),
      300,
      2,
    ),
  );
  add(
    'hal_begin',
    0,
    every(sets.train('hal_begin'), 2).flatMap((row) => [row.text, row.ctx ?? '']),
  );
  add(
    'pii_presidio',
    0,
    sets.train('pii_presidio').map((row) => row.text),
  );
  for (const set of ['tox_edos', 'tox_davidson', 'tox_hatemoji'])
    add(
      set,
      0,
      every(sets.train(set), set === 'tox_hatemoji' ? 4 : 10).map((row) => row.text),
    );
  add('own', 1, expand(PLANTED_ORDERS, PLANTED_SLOTS, 1_600, 21));
  add('own', 1, expand(ATTACKS, ATTACK_SLOTS, 800, 22));
  add('own', 0, expand(TALK_OF_ATTACKS, HARMLESS_SLOTS, 120, 14));
  return samples.filter(({ text }) => text.trim() !== '');
}

/** What was planted into the documents of bipia: the text that its harmless twin does not hold. */
export function plantedIn(rows: readonly SetRow[]): string[] {
  const clean = textsOf(rows, 0);
  return textsOf(rows, 1).flatMap((text) => {
    const twin = clean.find((one) => one.slice(0, 60) === text.slice(0, 60) && one.length < text.length);
    if (twin === undefined) return [];
    let start = 0;
    while (start < twin.length && twin[start] === text[start]) start += 1;
    let end = 0;
    while (end < twin.length - start && twin[twin.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    return [text.slice(start, text.length - end)];
  });
}

/** Pieces of at most `size` units, at most `most` of each text, cut at spaces. */
export function chunksOf(texts: readonly string[], size: number, most = 12): string[] {
  return texts.flatMap((text) => {
    const chunks: string[] = [];
    let from = 0;
    while (from < text.length && chunks.length < most) {
      let to = Math.min(text.length, from + size);
      const space = text.lastIndexOf(' ', to);
      if (to < text.length && space > from + size / 2) to = space;
      chunks.push(text.slice(from, to));
      from = to;
    }
    return chunks;
  });
}

function textsOf(rows: readonly SetRow[], label: 0 | 1): string[] {
  return rows.filter((row) => row.label === label).map((row) => row.text);
}
