/**
 * Readings of untrusted text: folded, joined, deciphered, decoded, each with offsets back to the original.
 */
export { foldText } from './fold.ts';
export { DECODE_DEPTH, readingsOf, viewsOf } from './readings.ts';
export { SENTENCE_STEP, tokenise, tokenText } from './tokens.ts';
export type { Tokens } from './tokens.ts';
export { originalSpan } from './view.ts';
export type { OffsetMap, View } from './view.ts';
