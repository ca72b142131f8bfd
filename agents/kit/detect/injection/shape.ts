/**
 * Evidence in the shape of a text rather than its words: markup, repetition, long dialogues, hidden
 * characters.
 */
import { originalSpan } from '../../text/index.ts';
import type { View } from '../../text/index.ts';
import type { Signal } from '../rule-set.ts';

const SPECIAL_TOKENS =
  /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id)\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|assistant|system_prompt|instructions?|admin|developer)(?: [a-z ]{0,40})?>|\[(?:system|assistant|admin|developer|system message|tool output|tool_output|function_call)\]\s*[:(#{]?|^#{1,4} ?(?:system|instruction|new instructions?|assistant|response|user)\b ?:?/gim;
const ROLE_LINE = /(?:^|\n|\]|-->|<!--)\s*(?:system|assistant|developer|admin)\s{0,2}:/gi;
const COMMENT_ORDER =
  /<!--[^>]{0,400}\b(?:ignore|assistant|system|instruction|reveal|say|print|state|you must|prompt)\b/i;
const COMMENT_TEXT = /<!\s?--[^>]{24,}/;
const MODE_TAG = /^\s{0,4}[<[{(]\s?[\p{L}\p{M} '-]{4,40}\s?[>\]})](?!\s{0,2}<)/u;
const IMAGE_LEAK = /!\[[^\]\n]{0,100}\]\(https?:\/\/[^)\s]{1,300}[?&][\w-]{1,40}=/i;
const SHOT =
  /(?:^|\s|\n)(?:q|question|user|human|प्रश्न)\s{0,2}[:：][^\n]{0,400}?\s(?:a|answer|assistant|ai|ए)\s{0,2}[:：]/gi;
const TAG_CHARACTERS = /[\u{e0020}-\u{e007e}]{4}/u;
const BIDI = /[\u202a-\u202e\u2066-\u2069]/;

/** Signals of a raw text. Linear. */
export function shapeSignals(text: string): readonly Signal[] {
  const signals: Signal[] = [];
  const add = (code: string, weight: number, reason: string, match?: RegExpExecArray | null): void => {
    const span = match ? { start: match.index, end: match.index + match[0].length } : undefined;
    signals.push(span ? { code, weight, reason, span } : { code, weight, reason });
  };
  SPECIAL_TOKENS.lastIndex = 0;
  const special = SPECIAL_TOKENS.exec(text);
  if (special) add('injection.markup', 2.5, 'carries markup of a chat template', special);
  ROLE_LINE.lastIndex = 0;
  const role = ROLE_LINE.exec(text);
  if (role) add('injection.fake-message', 1.5, 'writes a line in the name of the system', role);
  const comment = COMMENT_ORDER.exec(text);
  if (!comment && COMMENT_TEXT.test(text)) add('injection.markup', 1.2, 'hides text in a comment');
  if (comment) add('injection.markup', 3, 'hides an order in a comment', comment);
  if (TAG_CHARACTERS.test(text)) add('injection.hidden-text', 4, 'carries invisible tag characters');
  if (BIDI.test(text) && /[a-z]/i.test(text))
    add('injection.hidden-text', 1.5, 'carries direction overrides');
  const shots = countMatches(SHOT, text, 12);
  if (shots >= 2)
    add('injection.shots', Math.min(3, 0.4 * shots), 'leads up with a row of questions and answers');
  const mode = MODE_TAG.exec(text);
  if (mode) add('injection.fake-authority', 2.2, 'opens with a made-up mode in brackets', mode);
  const repeated = longestRepetition(text);
  if (repeated >= 8) add('injection.repetition', repeated >= 12 ? 3.8 : 2.5, 'repeats one word many times');
  return signals;
}

/** Signal of an image that leaks data by its address, in any reading of the text; at most one. Linear. */
export function leakSignals(view: View, original: string): readonly Signal[] {
  // One link counts once: other readings only where the original does not show it.
  if (view.name !== 'folded' && IMAGE_LEAK.test(original)) return [];
  const image = IMAGE_LEAK.exec(view.text);
  if (!image) return [];
  const span = originalSpan(view, image.index, image.index + image[0].length);
  return [
    {
      code: 'injection.exfiltration',
      weight: 3.8,
      reason: 'loads an image whose address carries data',
      span,
    },
  ];
}

function countMatches(pattern: RegExp, text: string, most: number): number {
  pattern.lastIndex = 0;
  let count = 0;
  while (count < most && pattern.exec(text)) count += 1;
  return count;
}

/** Length of the longest run of one repeated word or short phrase (up to four words). */
function longestRepetition(text: string): number {
  const words = text.slice(0, 20_000).toLowerCase().split(/\s+/);
  let longest = 0;
  for (let period = 1; period <= 4; period += 1) {
    let run = 0;
    for (let at = period; at < words.length; at += 1) {
      run = words[at] === words[at - period] && /[\p{L}\p{N}]/u.test(words[at]!) ? run + 1 : 0;
      longest = Math.max(longest, run / period);
    }
  }
  return longest;
}
