/** Material of the models of toxic and of biased language, in groups that are held out whole. */
import { expand } from './material/expand.ts';
import { ABUSE, CIVIL, MENTIONS, TOXICITY_SLOTS } from './material/sentences.ts';
import type { Sample } from './samples.ts';
import { every, SampleList } from './samples.ts';
import type { Sets } from './sets.ts';

const TOXICITY_FOLD: Readonly<Record<string, number>> = {
  tox_davidson: 0,
  benign_clinc: 0,
  pii_presidio: 0,
  tox_edos: 1,
  hal_begin: 1,
  tox_hatemoji: 2,
  xstest: 2,
};

/** Samples of insults, threats and hate. */
export function toxicitySamples(sets: Sets): Sample[] {
  const { all: samples, add } = new SampleList(TOXICITY_FOLD, 3);
  for (const set of ['tox_davidson', 'tox_edos', 'tox_hatemoji'])
    for (const row of sets.train(set)) add(set, row.label, [row.text]);
  add(
    'benign_clinc',
    0,
    sets.train('benign_clinc').map((row) => row.text),
  );
  add(
    'xstest',
    0,
    sets
      .train('xstest')
      .filter(({ label }) => label === 0)
      .map((row) => row.text),
  );
  add(
    'hal_halueval_general',
    0,
    every(sets.train('hal_halueval_general'), 3).flatMap((row) => [row.text, row.msg ?? '']),
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
  add('own', 1, expand(ABUSE, TOXICITY_SLOTS, 3_000, 31));
  add('own', 0, expand(CIVIL, TOXICITY_SLOTS, 4_000, 32));
  return samples.filter(({ text }) => text.trim() !== '');
}

const BIAS_FOLD: Readonly<Record<string, number>> = {
  gender: 0,
  race: 1,
  orientation: 2,
  muslims: 3,
  jews: 4,
};

/** Samples of sentences that put a group down; each group of bias_reddit is held out in turn. */
export function biasSamples(sets: Sets): Sample[] {
  const samples: Sample[] = [];
  for (const { text, label, cat } of sets.train('bias_reddit'))
    samples.push({ text, label, source: `bias_reddit/${cat ?? ''}`, fold: BIAS_FOLD[cat ?? ''] ?? -1 });
  const add = (source: string, texts: readonly string[], fold: number): void => {
    for (const text of texts) samples.push({ text, label: 0, source, fold });
  };
  add(
    'benign_clinc',
    every(sets.train('benign_clinc'), 2).map((row) => row.text),
    0,
  );
  add(
    'hal_begin',
    every(sets.train('hal_begin'), 4).map((row) => row.text),
    1,
  );
  add(
    'pii_presidio',
    sets.train('pii_presidio').map((row) => row.text),
    2,
  );
  add(
    'hal_halueval_general',
    every(sets.train('hal_halueval_general'), 6).map((row) => row.text),
    3,
  );
  add(
    'xstest',
    sets
      .train('xstest')
      .filter(({ label }) => label === 0)
      .map((row) => row.text),
    4,
  );
  const hateful = ABUSE.filter((one) => one.includes('{who}'));
  for (const text of expand(hateful, TOXICITY_SLOTS, 900, 41))
    samples.push({ text, label: 1, source: 'own', fold: -1 });
  const civil = CIVIL.filter((one) => one.includes('{who}'));
  for (const text of expand(civil, TOXICITY_SLOTS, 1_800, 42))
    samples.push({ text, label: 0, source: 'own', fold: -1 });
  for (const text of expand(MENTIONS, TOXICITY_SLOTS, 2_400, 43))
    samples.push({ text, label: 0, source: 'mentions', fold: -1 });
  return samples;
}
