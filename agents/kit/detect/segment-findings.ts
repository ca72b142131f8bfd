/** Runs a text detector over every text of a decision and names its findings after a seat. */
import type { Decision } from '../../../contracts/messages/decision.ts';
import { segmentsOf } from '../segments.ts';
import type { Segment } from '../segments.ts';
import { FINDING_SEVERITY } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Finding as SeatFinding } from './record/rule-evaluator.ts';

/** Judges one text; `origin` says how far it is trusted. */
export type Detector = (text: string, origin: Segment['origin']) => readonly Finding[];

/** How findings become a seat's. */
export interface SegmentOptions {
  /** First part of the codes: the seat. */
  readonly seat: string;
  /**
   * Severity from which a finding is critical, for codes measured precise enough (prefixes without the
   * seat).
   */
  readonly critical: { readonly severity: number; readonly codes: readonly string[] };
  /** Codes (prefixes) that are inside the seat's mandate; all where absent. */
  readonly codes?: readonly string[];
}

const WHOLE_BP = 10_000;
/** A finding is always a rejection, also one that is just as likely wrong. */
const HIGHEST_REJECTION_BP = 4_999;
/** A decision's texts are judged up to here; what follows is beyond what a council can weigh in its time. */
const MAX_SEGMENTS = 600;

/** What one detector says of the texts of a decision. */
interface JudgedTexts {
  readonly texts: readonly { readonly segment: Segment; readonly findings: readonly Finding[] }[];
  readonly joined: { readonly text: string; readonly last: Segment } | undefined;
  joinedFindings?: readonly Finding[];
}

// Seats share detectors, and the checks run the same ones before the council sits.
const memo = new WeakMap<Decision, Map<Detector, JudgedTexts>>();

function judgedTexts(decision: Decision, detect: Detector): JudgedTexts {
  let known = memo.get(decision);
  if (!known) memo.set(decision, (known = new Map()));
  let judged = known.get(detect);
  if (!judged) {
    const segments = segmentsOf(decision);
    const texts = segments.slice(0, MAX_SEGMENTS).map((segment) => ({
      segment,
      findings: detect(segment.text, segment.origin),
    }));
    known.set(detect, (judged = { texts, joined: joinedUserText(segments) }));
  }
  return judged;
}

/** Findings of a detector in all texts of a decision, most severe first per text. */
export function segmentFindings(
  decision: Decision,
  detect: Detector,
  options: SegmentOptions,
): readonly SeatFinding[] {
  const found: SeatFinding[] = [];
  const judged = judgedTexts(decision, detect);
  for (const { segment, findings } of judged.texts) {
    for (const finding of findings) add(found, finding, { segment, options });
  }
  const { joined } = judged;
  if (joined && found.length === 0) {
    judged.joinedFindings ??= detect(joined.text, 'user');
    for (const finding of judged.joinedFindings) {
      add(
        found,
        { ...finding, span: { start: 0, end: joined.last.text.length } },
        { segment: joined.last, options },
      );
    }
  }
  return found;
}

function add(
  found: SeatFinding[],
  finding: Finding,
  { segment, options }: { segment: Segment; options: SegmentOptions },
): void {
  if (finding.severity < FINDING_SEVERITY || !isAmong(finding.code, options.codes)) return;
  const { severity, codes } = options.critical;
  found.push({
    code: `${options.seat}.${finding.code}`,
    scoreBp: Math.min(HIGHEST_REJECTION_BP, Math.round(WHOLE_BP * (1 - finding.severity))),
    reason: `The text ${finding.reason}.`,
    basis: 'content',
    spans: [{ field: segment.field.slice(0, 300), ...finding.span, label: finding.code.slice(0, 80) }],
    critical: finding.severity >= severity && isAmong(finding.code, codes),
  });
}

function isAmong(code: string, prefixes: readonly string[] | undefined): boolean {
  return (
    prefixes === undefined || prefixes.some((prefix) => code === prefix || code.startsWith(`${prefix}.`))
  );
}

const MAX_JOINED = 20_000;

/** A payload may be spread over the user's turns: their texts in a row, where there are several. */
function joinedUserText(segments: readonly Segment[]): { text: string; last: Segment } | undefined {
  const turns = segments.filter(({ field, origin }) => origin === 'user' && field.startsWith('messages.'));
  const last = turns.at(-1);
  if (turns.length < 2 || !last) return undefined;
  const text = turns.map((turn) => turn.text).join(' ');
  return text.length > MAX_JOINED ? undefined : { text, last };
}
