/** Result of a verification: what was checked, in order, and the first thing that does not match. */

/** The first thing that is wrong; names only, so that a person can go and look. */
export interface Mismatch {
  /** The check that failed. */
  readonly check: string;
  /** Where, as a dotted path (`ballots.3.signature`). */
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

/** What a verifier did. `ok` only if every check ran and held. */
export interface Verification {
  readonly ok: boolean;
  /** Checks that held, in order. */
  readonly checked: readonly string[];
  readonly mismatch: Mismatch | null;
}

/** Collects checks; the first that fails ends the verification. */
export class Checklist {
  readonly #checked: string[] = [];
  #check = '';

  /** Begins a named check; the one before it held. */
  begin(check: string): void {
    this.#pass();
    this.#check = check;
  }

  /** Requires two texts to be equal. */
  equal(field: string, expected: string, actual: string): void {
    if (expected !== actual) throw new Failed({ check: this.#check, field, expected, actual });
  }

  /** Requires a condition; `expected` and `actual` are for people. */
  holds(condition: boolean, mismatch: Omit<Mismatch, 'check'>): void {
    if (!condition) throw new Failed({ check: this.#check, ...mismatch });
  }

  /** Runs `steps`; what they throw as a failed check, or any other error, becomes the mismatch. */
  run(steps: () => void): Verification {
    try {
      steps();
      this.#pass();
      return { ok: true, checked: this.#checked, mismatch: null };
    } catch (error) {
      return { ok: false, checked: this.#checked, mismatch: this.#mismatchOf(error) };
    }
  }

  #pass(): void {
    if (this.#check !== '') this.#checked.push(this.#check);
    this.#check = '';
  }

  #mismatchOf(error: unknown): Mismatch {
    if (error instanceof Failed) return error.mismatch;
    // Decoders throw on malformed text; to a verifier that is a mismatch like any other.
    const { message, details } = error as {
      message?: string;
      details?: { path?: string; expected?: string };
    };
    return {
      check: this.#check,
      field: details?.path || this.#check,
      expected: details?.expected ?? 'well-formed input',
      actual: message ?? String(error),
    };
  }
}

class Failed extends Error {
  readonly mismatch: Mismatch;

  constructor(mismatch: Mismatch) {
    super(`${mismatch.check}: ${mismatch.field}`);
    this.mismatch = mismatch;
  }
}
