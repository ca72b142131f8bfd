/** Keeps what was worked out for the latest texts, so that several seats ask once. */

const MOST_TEXTS = 64;

/** A pure function of a text (and a variant of it), remembering its latest 64 results. */
export function rememberLatest<Result, Variant extends string>(
  work: (text: string, variant: Variant) => Result,
): (text: string, variant: Variant) => Result {
  const known = new Map<string, Result>();
  return (text, variant) => {
    const key = `${variant}\n${text}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const result = work(text, variant);
    if (known.size >= MOST_TEXTS) known.delete(known.keys().next().value!);
    known.set(key, result);
    return result;
  };
}
