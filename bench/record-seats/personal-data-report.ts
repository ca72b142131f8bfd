/** Recall of personal data by type and the finds off the marked places. */
import { findPersonalData } from '../../agents/kit/detect/personal-data/find.ts';
import { createHash } from 'node:crypto';
import { readRows } from './labelled-rows.ts';
import type { Half, LabelledRow } from './labelled-rows.ts';

/**
 * Types of the set that identify a person; its others are organisations, places, titles, nationalities,
 * dates.
 */
export const IDENTIFYING_TYPES: ReadonlySet<string> = new Set([
  'PERSON',
  'STREET_ADDRESS',
  'CREDIT_CARD',
  'PHONE_NUMBER',
  'EMAIL_ADDRESS',
  'IBAN_CODE',
  'US_SSN',
  'IP_ADDRESS',
  'US_DRIVER_LICENSE',
]);

/** Hits of a total. */
export interface Hits {
  hits: number;
  total: number;
}

/** What was counted on one half. */
export interface PersonalDataReport {
  readonly half: Half;
  readonly identifyingRows: Hits;
  readonly labelledRows: Hits;
  /** Finds that hit a marked place. */
  readonly finds: Hits;
  readonly types: ReadonlyMap<string, Hits>;
  /** Marked places that were missed, with their surroundings; from the fit half only. */
  readonly missed: readonly string[];
}

/** Half by template: rows of one template are near-copies and stay together. */
function templateHalf(row: LabelledRow & { tpl?: number }): Half {
  const digest = createHash('sha256')
    .update(`template ${row.tpl ?? row.text}`)
    .digest();
  return (digest[0] ?? 0) < 128 ? 'fit' : 'held-out';
}

/** Counts one half of `pii_presidio`; null where the set is not there. */
export function personalDataReport(directory: string, half: Half): PersonalDataReport | null {
  const rows = readRows(directory, 'pii_presidio');
  if (!rows) return null;
  const report = {
    half,
    identifyingRows: { hits: 0, total: 0 },
    labelledRows: { hits: 0, total: 0 },
    finds: { hits: 0, total: 0 },
    types: new Map<string, Hits>(),
    missed: [] as string[],
  };
  for (const row of rows) if (templateHalf(row) === half) countRow(row, report);
  return report;
}

function countRow(
  row: LabelledRow,
  report: PersonalDataReport & { missed: string[]; types: Map<string, Hits> },
): void {
  const found = findPersonalData(row.text);
  const spans = row.spans ?? [];
  const tally = (hits: Hits, isHit: boolean): void => {
    hits.total += 1;
    hits.hits += Number(isHit);
  };
  if (row.label === 1) tally(report.labelledRows, found.length > 0);
  if (spans.some(([, , type]) => IDENTIFYING_TYPES.has(type)))
    tally(report.identifyingRows, found.length > 0);
  for (const [start, end, type] of spans) {
    const isHit = found.some((datum) => datum.start < end && start < datum.end);
    const hits = report.types.get(type) ?? { hits: 0, total: 0 };
    report.types.set(type, hits);
    tally(hits, isHit);
    if (!isHit && report.half === 'fit' && IDENTIFYING_TYPES.has(type)) {
      report.missed.push(
        `${type}: ${row.text.slice(Math.max(0, start - 30), end + 20).replaceAll('\n', ' ')}`,
      );
    }
  }
  for (const datum of found)
    tally(
      report.finds,
      spans.some(([start, end]) => datum.start < end && start < datum.end),
    );
}
