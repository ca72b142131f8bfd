/** A detector of one text: rules and n-grams, weighed by its stack. A conversation is judged as a whole too. */
import { createHash } from 'node:crypto';
import { WitanError } from '../../../contracts/errors.ts';
import type { Budget } from '../../../runtime/kernel/actor.ts';
import { decodeNgram } from '../ngram/artefact.ts';
import { NgramModel } from '../ngram/model.ts';
import type { Detector, DetectorAnswer, DetectorInput } from './detector.ts';
import { layersOf, readText, spansOf, TEXT_SIGNALS } from './layers.ts';
import type { TextDetectorId, TextReading } from './layers.ts';
import { RULE_TABLES } from './rule-tables.ts';
import { confidenceOf, parseStack, stackScore } from './stack.ts';
import type { Stack } from './stack.ts';

/** Files of a text detector. */
export interface TextDetectorFiles {
  /** `ngram.bin` */
  readonly ngram: Uint8Array;
  /** `stack.json` */
  readonly stack: string;
}

/** Longest input, UTF-16 units of text and messages together. */
export const INPUT_LIMIT = 400_000;
/** Turns before the last that are read together with it: an attack may be dealt over several. */
const TURNS = 8;

/** Makes a detector of its files. @throws bad_encoding */
export function textDetector(id: TextDetectorId, files: TextDetectorFiles): Detector {
  const model = new NgramModel(decodeNgram(files.ngram));
  const stack = parseStack(files.stack, TEXT_SIGNALS);
  const digest = createHash('sha256')
    .update(files.ngram)
    .update(files.stack)
    .update(RULE_TABLES)
    .digest('hex');
  return {
    id,
    version: stack.version,
    digest,
    judge: async (input, budget) => {
      checkInput(input, budget);
      return judgeText({ id, model, stack }, input);
    },
  };
}

/** Refuses what came too late or is too long. @throws deadline_exceeded, too_large */
export function checkInput(input: DetectorInput, budget: Budget): void {
  if (budget.remainingMs() <= 0)
    throw new WitanError('deadline_exceeded', 'no time was left to judge the text');
  const length = [input, ...(input.messages ?? [])].reduce((sum, { text }) => sum + text.length, 0);
  if (length > INPUT_LIMIT)
    throw new WitanError('too_large', `the input has ${length} units, at most ${INPUT_LIMIT}`, {
      path: 'text',
    });
}

interface Parts {
  readonly id: TextDetectorId;
  readonly model: NgramModel;
  readonly stack: Stack;
}

function judgeText({ id, model, stack }: Parts, input: DetectorInput): DetectorAnswer {
  const own = readText(id, model, input.text, input.origin);
  const ownScore = stackScore(stack.weights, own.signals);
  const together = conversationOf(input);
  const threshold = stack.thresholds[input.origin];
  let reading: TextReading = own;
  let score = ownScore;
  if (together !== undefined) {
    const all = readText(id, model, together, input.origin);
    const allScore = stackScore(stack.weights, all.signals);
    if (allScore > ownScore) {
      reading = all;
      score = allScore;
    }
  }
  const isHarm = score >= threshold;
  return {
    score,
    isHarm,
    confidence: confidenceOf(stack, score, isHarm),
    spans: isHarm && reading === own ? spansOf(model, own, input.text) : [],
    layers: layersOf(model, reading),
  };
}

/** What the same party said in the latest turns, as one text; undefined where it said one thing only. */
function conversationOf({ text, origin, messages }: DetectorInput): string | undefined {
  const turns = (messages ?? []).filter((one) => one.origin === origin).map((one) => one.text);
  if (turns.at(-1) !== text) turns.push(text);
  return turns.length > 1 ? turns.slice(-TURNS).join('\n') : undefined;
}
