/** Rows of each detector and source, with what the shipped models have seen of it. */
import type { DetectorId, DetectorInput } from '../../agents/inference/detectors/detector.ts';
import type { Origin } from '../../contracts/messages/decision.ts';
import { plantedIn } from '../../tools/train/injection-sources.ts';
import { numbersFrom } from '../../tools/train/material/expand.ts';
import { spread } from '../../tools/train/samples.ts';
import type { Sets, SetRow } from '../../tools/train/sets.ts';

/** One source of one detector. */
export interface EvalSource {
  readonly detector: DetectorId;
  readonly source: string;
  /** Whether the shipped weights or limits rest on rows of it. */
  readonly isTrainedOn: boolean;
  readonly rows: readonly EvalRow[];
}

/** One labelled input. */
export interface EvalRow {
  readonly label: 0 | 1;
  readonly input: DetectorInput;
}

interface SourcePlan {
  readonly set: string;
  readonly origin?: Origin;
  readonly pick?: (row: SetRow) => boolean;
  readonly label?: (row: SetRow) => 0 | 1;
}

const BENIGN = (): 0 => 0;

const PLANS: Readonly<Record<DetectorId, readonly SourcePlan[]>> = {
  injection: [
    { set: 'neuralchemy_pi' },
    { set: 'safeguard_pi' },
    { set: 'benign_alpaca' },
    { set: 'tox_wikitalk', label: BENIGN },
    { set: 'crisis_twitter', label: BENIGN },
    { set: 'benign_clinc' },
    { set: 'mitre_frr' },
    { set: 'xstest', pick: ({ label }) => label === 0 },
    { set: 'cyberseceval_pi' },
    { set: 'jailbreak_inthewild' },
    { set: 'gptfuzz_templates' },
    { set: 'agt_smoke' },
  ],
  'indirect-injection': [
    { set: 'tox_wikitalk', label: BENIGN, origin: 'retrieved' },
    { set: 'bias_bold', label: BENIGN, origin: 'retrieved' },
    { set: 'neuralchemy_pi', pick: ({ label }) => label === 1, origin: 'retrieved' },
    { set: 'bipia', origin: 'retrieved' },
    { set: 'agt_smoke', origin: 'retrieved' },
  ],
  toxicity: [
    { set: 'tox_wikitalk' },
    { set: 'benign_alpaca' },
    { set: 'bias_bold', label: BENIGN },
    { set: 'tox_davidson' },
    { set: 'tox_edos' },
    { set: 'tox_hatemoji' },
    { set: 'benign_clinc' },
  ],
  bias: [{ set: 'bias_bold' }, { set: 'bias_crows' }, { set: 'benign_alpaca' }, { set: 'bias_reddit' }],
  crisis: [
    { set: 'crisis_twitter' },
    { set: 'crisis_sdcnl' },
    { set: 'benign_alpaca' },
    { set: 'benign_clinc' },
  ],
  pii: [{ set: 'benign_alpaca' }, { set: 'pii_presidio' }, { set: 'benign_clinc' }],
  grounding: [
    { set: 'hal_begin', origin: 'assistant' },
    { set: 'hal_dialfact', origin: 'assistant' },
    { set: 'hal_faithdial_audit', origin: 'assistant' },
  ],
};

/** Sources of one detector; at most `most` rows of each, spread evenly. */
export function sourcesOf(detector: DetectorId, sets: Sets, most: number): EvalSource[] {
  const sources = PLANS[detector].map(({ set, origin = 'user', pick, label }): EvalSource => {
    const rows = spread(sets.evaluate(set).filter(pick ?? (() => true)), most);
    return {
      detector,
      source: set,
      isTrainedOn: sets.mayTrain(set),
      rows: rows.map((row) => ({
        label: label?.(row) ?? row.label,
        input: { text: row.text, origin, ...(row.ctx === undefined ? {} : { evidence: row.ctx }) },
      })),
    };
  });
  if (detector === 'injection') return [...sources, ...buried(sets)];
  return sources;
}

const LENGTHS = [500, 1_000, 2_000, 4_000, 8_000] as const;
const EACH = 100;

/** Talk pages and instructions that were never trained on, clean and with one attack inside, by length. */
function buried(sets: Sets): EvalSource[] {
  const next = numbersFrom(91);
  const clean = sets.evaluate('tox_wikitalk').filter(({ label }) => label === 0);
  const held = sets
    .evaluate('neuralchemy_pi')
    .filter(({ label, cat }) => label === 1 && cat === 'instruction_override');
  const seen = plantedIn(sets.evaluate('bipia')).length;
  const attacks = held.length > 0 ? held : [];
  return LENGTHS.map((length) => ({
    detector: 'injection' as const,
    source: `buried in ${length} characters`,
    isTrainedOn: attacks.length === 0 && seen > 0,
    rows: Array.from({ length: EACH }, () => {
      const parts: string[] = [];
      for (let size = 0; size < length; size += parts.at(-1)!.length + 1)
        parts.push(clean[Math.floor(next() * clean.length)]!.text.slice(0, length - size));
      const harmless = parts.join('\n');
      const at = Math.floor(next() * harmless.length);
      const attack = attacks[Math.floor(next() * attacks.length)]!.text;
      const text = `${harmless.slice(0, at)}\n${attack}\n${harmless.slice(at)}`;
      return [
        { label: 0 as const, input: { text: harmless, origin: 'user' as const } },
        { label: 1 as const, input: { text, origin: 'user' as const } },
      ];
    }).flat(),
  }));
}
