/** `npm run eval`: every shipped detector on every labelled source, with figures per source. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DETECTOR_IDS } from '../../agents/inference/detectors/detector.ts';
import type { DetectorId } from '../../agents/inference/detectors/detector.ts';
import { loadDetector } from '../../agents/inference/detectors/load-detector.ts';
import { progressBar } from '../../apps/cli/actions/log/progress-bar.ts';
import { dataFolder, Sets } from '../../tools/train/sets.ts';
import { identityGap } from './identity-gap.ts';
import { figuresOf } from './source-figures.ts';
import type { JudgedScore } from './source-figures.ts';
import { markdownOf, writeSection } from './report.ts';
import type { EvalResult } from './report.ts';
import { sourcesOf } from './rows.ts';
import type { EvalSource } from './rows.ts';

const { values: options } = parseArgs({
  options: {
    detector: { type: 'string', multiple: true },
    limit: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const folder = dataFolder();
if (!existsSync(folder)) {
  process.stderr.write(`witan: there are no labelled sets in ${folder}: name their folder in WITAN_DATA\n`);
  process.exit(3);
}
const sets = new Sets(folder);
const ids = DETECTOR_IDS.filter((id) => options.detector === undefined || options.detector.includes(id));
const results: EvalResult[] = [];
for (const id of ids) results.push(...(await measure(id)));
const gaps = await identityGap();
if (options.json) {
  for (const result of results) process.stdout.write(`${JSON.stringify({ bench: 'eval', ...result })}\n`);
  process.stdout.write(`${JSON.stringify({ bench: 'eval', case: 'identity-gap', ...gaps })}\n`);
} else process.stdout.write(`${markdownOf(results, gaps)}\n`);
if (options.write) writeSection(markdownOf(results, gaps));

async function measure(id: DetectorId): Promise<EvalResult[]> {
  const { judge } = await loadDetector(id);
  const found: EvalResult[] = [];
  const sources = sourcesOf(id, sets, Number(options.limit));
  const total = sources.reduce((sum, { rows }) => sum + rows.length, 0);
  let done = 0;
  const judgeSource = async (source: EvalSource): Promise<JudgedScore[]> => {
    const judged: JudgedScore[] = [];
    for (const { label, input } of source.rows) {
      const started = process.hrtime.bigint();
      const { score, isHarm } = await judge(input, 60_000);
      judged.push({ label, score, isHarm, ms: Number(process.hrtime.bigint() - started) / 1e6 });
      done += 1;
      if (done % 200 === 0 && process.stderr.isTTY)
        process.stderr.write(`\r${progressBar(done / total, id)}`);
    }
    return judged;
  };
  for (const source of sources) {
    const { detector, isTrainedOn } = source;
    found.push({ detector, source: source.source, isTrainedOn, ...figuresOf(await judgeSource(source)) });
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  return found;
}
