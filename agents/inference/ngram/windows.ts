/** Reads a text of any length with a model of short texts: its beginning, and window after window. */
import { readingsOf } from '../../kit/text/index.ts';
import type { View } from '../../kit/text/index.ts';
import type { NgramModel } from './model.ts';

/** What a model says of a text. */
export interface NgramReading {
  /** Log-odds of the folded text's first 1,000 units. */
  readonly whole: number;
  /** Highest log-odds of a window of any reading; that of the whole where there is only one. */
  readonly best: number;
  /** Windows of the folded text: a maximum over many is higher by chance. Decoded readings are few. */
  readonly windows: number;
  /** Where the best window lies. */
  readonly view: View;
  readonly start: number;
  readonly end: number;
}

/** Units that are read as the beginning, and those of a window and between the beginnings of two. */
export const READ_UNITS = { whole: 1_000, window: 400, step: 200 } as const;

/**
 * Reads the text folded, and in the readings that decode, join or mend it. Linear in the text.
 * @param most units that are read of each reading at most
 */
export function readNgrams(model: NgramModel, text: string, most = 400_000): NgramReading {
  const views = readingsOf(text.length > most ? text.slice(0, most) : text).map(({ view }) => view);
  const first = views[0]!;
  const whole = model.logit(first.text, 0, Math.min(first.text.length, READ_UNITS.whole));
  let reading: NgramReading = {
    whole,
    best: whole,
    windows: 0,
    view: first,
    start: 0,
    end: Math.min(first.text.length, READ_UNITS.whole),
  };
  let isFirst = true;
  for (const view of views) {
    for (const [start, end] of windowsOf(view.text)) {
      const isWhole = view === first && start === 0 && end === reading.end && end <= READ_UNITS.window;
      const logit = isWhole ? whole : model.logit(view.text, start, end);
      if (logit > reading.best || isFirst) reading = { ...reading, best: logit, view, start, end };
      isFirst = false;
    }
  }
  return { ...reading, windows: windowsOf(first.text).length };
}

/** Places of the windows of a text, begun at spaces where one is near. */
export function windowsOf(text: string): [start: number, end: number][] {
  const { window, step } = READ_UNITS;
  if (text.length <= window) return [[0, text.length]];
  const places: [number, number][] = [];
  for (let from = 0; from < text.length; from += step) {
    const space = from === 0 ? -1 : text.indexOf(' ', from);
    const start = space >= 0 && space < from + 20 ? space + 1 : from;
    const end = Math.min(text.length, start + window);
    places.push([start, end]);
    if (end === text.length) break;
  }
  return places;
}
