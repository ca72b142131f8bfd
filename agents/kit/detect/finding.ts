/** What a detector reports about one text. */

/** One finding. `severity` is the estimated probability in [0, 1] that the text is what `code` says. */
export interface Finding {
  /** `injection.override`, `harm.violence` … */
  readonly code: string;
  readonly severity: number;
  /** Place in the original text, UTF-16 offsets, end exclusive. */
  readonly span: { readonly start: number; readonly end: number };
  readonly reason: string;
}

/** Findings of this severity and above count against a text. */
export const FINDING_SEVERITY = 0.5;
