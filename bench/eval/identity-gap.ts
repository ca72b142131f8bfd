/** Whether a detector alarms more over one group of people than over another, in the same harmless sentences. */
import { loadDetector } from '../../agents/inference/detectors/load-detector.ts';
import { identityRows } from '../../tools/train/toxicity-sources.ts';

/** Shares of false alarms over groups, and the widest distance between two. */
export interface IdentityGap {
  readonly toxicity: number;
  readonly bias: number;
  readonly groups: number;
  readonly sentences: number;
}

/** Measures both detectors of language. */
export async function identityGap(): Promise<IdentityGap> {
  const rows = identityRows();
  const gapOf = async (id: 'toxicity' | 'bias'): Promise<number> => {
    const { judge } = await loadDetector(id);
    const groups = new Map<string, { n: number; alarms: number }>();
    for (const { identity, text } of rows) {
      const group = groups.get(identity) ?? { n: 0, alarms: 0 };
      group.n += 1;
      if ((await judge({ text, origin: 'user' }, 60_000)).isHarm) group.alarms += 1;
      groups.set(identity, group);
    }
    const shares = [...groups.values()].map(({ n, alarms }) => alarms / n);
    return Math.max(...shares) - Math.min(...shares);
  };
  const groups = new Set(rows.map(({ identity }) => identity)).size;
  return { toxicity: await gapOf('toxicity'), bias: await gapOf('bias'), groups, sentences: rows.length };
}
