/** `npm run train [-- --only ID] [--out DIR]`: trains all detectors from the labelled sets, to be signed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { progressBar } from '../../apps/cli/actions/log/progress-bar.ts';
import { STACK_FILE } from '../../agents/inference/detectors/stack.ts';
import { encodeNgram, NGRAM_FILE } from '../../agents/inference/ngram/artefact.ts';
import { bodyOf } from './model-body.ts';
import { planOf, TEXT_DETECTORS, VERSION } from './plans.ts';
import { dataFolder, Sets } from './sets.ts';
import { trainSignals } from './train-signals.ts';
import { trainText } from './train-text.ts';
import type { TrainedDetector } from './trained.ts';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, out: { type: 'string' } },
});
const folder = dataFolder();
if (!existsSync(folder)) {
  process.stderr.write(`witan: there are no labelled sets in ${folder}: name their folder in WITAN_DATA\n`);
  process.exit(3);
}
const out = options.out ?? '.trained';
const wanted = (id: string): boolean => options.only === undefined || options.only === id;

for (const id of TEXT_DETECTORS.filter(wanted)) {
  const sets = new Sets(folder);
  write(
    trainText(planOf(id, sets), (share) => showProgress(share, id)),
    sets,
  );
}
for (const id of ['crisis', 'pii', 'grounding'] as const) {
  if (!wanted(id)) continue;
  const sets = new Sets(folder);
  write(trainSignals(id, VERSION, sets), sets);
}

process.stdout.write(
  `\nwritten to ${out}. A maintainer places each, signed, among what is shipped:\n` +
    `  npx witan models sign ${out}/<id> --into agents/inference/artefacts --key FILE\n`,
);

function write(trained: TrainedDetector, sets: Sets): void {
  const place = join(out, trained.id);
  mkdirSync(place, { recursive: true });
  const files = new Map<string, Uint8Array>();
  if (trained.parts !== undefined) files.set(NGRAM_FILE, encodeNgram(trained.parts));
  files.set(STACK_FILE, Buffer.from(`${JSON.stringify(trained.stack, null, 2)}\n`));
  const hash = createHash('sha256');
  for (const [name, bytes] of files) {
    writeFileSync(join(place, name), bytes);
    hash.update(bytes);
  }
  const body = bodyOf(trained, files, sets);
  writeFileSync(join(place, 'body.json'), `${JSON.stringify(body, null, 2)}\n`);
  print(trained, hash.digest('hex'));
}

function print(trained: TrainedDetector, digest: string): void {
  const { id, auc, ece, heldOut, stack } = trained;
  const { user, retrieved } = stack.thresholds;
  process.stdout.write(
    `\n${id}  sha256 ${digest.slice(0, 16)}  AUC ${auc.toFixed(3)}  ECE ${ece.toFixed(3)}  ` +
      `threshold user ${user}, retrieved ${retrieved}\n  each source judged by a model that never saw it\n`,
  );
  for (const figure of heldOut) {
    const share = ((100 * figure.flagged) / figure.n).toFixed(1);
    process.stdout.write(
      `  ${figure.source.padEnd(24)} ${String(figure.n).padStart(6)}  ` +
        `${figure.label === 1 ? 'recall' : 'false alarms'}`.padEnd(14) +
        `${share.padStart(6)} %   AUC ${Number.isNaN(figure.auc) ? '–' : figure.auc.toFixed(3)}\n`,
    );
  }
}

function showProgress(share: number, label: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${progressBar(share, label)}${share === 1 ? '\n' : ''}`);
}
