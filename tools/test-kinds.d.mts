/** Kinds of tests: where they are, and seconds that a run may take. */
export const KINDS: Readonly<
  Record<string, { readonly places: readonly string[]; readonly budgetS: number }>
>;
